//! What a person waits for, without a terminal: the way to the first frame, and filter, sort and draw with
//! 100 000 members. Run with `cargo bench --bench console`.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to hand an error to")]

#[path = "console/app.rs"]
mod app;
#[path = "console/members.rs"]
mod members;
#[path = "console/sweep.rs"]
mod sweep;

fn main() {
    divan::main();
}

mod directory {
    use divan::{Bencher, black_box};
    use idconsole::identity::directory::{Column, Direction, Directory, Page};
    use idconsole::identity::{Membership, Role, Text, User};

    use super::members;

    const PAGE: usize = 1000;

    fn filled() -> Directory {
        let (memberships, users) = members::make(members::MANY);
        absorb(&memberships, &users)
    }

    fn absorb(memberships: &[Membership], users: &[User]) -> Directory {
        let mut directory = Directory::new(Role::ProjectAdmin);
        for (memberships, users) in memberships.chunks(PAGE).zip(users.chunks(PAGE)) {
            directory.absorb(Page { memberships, users, names: &[] });
        }
        directory
    }

    #[divan::bench(sample_count = 10)]
    fn take_in_all_pages(bencher: Bencher) {
        let (memberships, users) = members::make(members::MANY);
        bencher.bench_local(|| absorb(black_box(&memberships), black_box(&users)));
    }

    /// One keystroke of a filter as it is typed: each letter narrows the filter before it.
    #[divan::bench(args = ["j", "jane", "smith-4", "link:external mfa:none", "zzz"])]
    fn filter(bencher: Bencher, typed: &str) {
        let mut directory = filled();
        let mut letters = typed.to_owned();
        letters.pop();
        bencher.bench_local(|| {
            directory.set_filter(black_box(&letters));
            directory.set_filter(black_box(typed));
            directory.shown()
        });
    }

    /// What the platform answers about the rows that came into sight; the list is sorted otherwise than it came.
    #[divan::bench]
    fn tell_the_addresses_of_a_screenful(bencher: Bencher) {
        let mut directory = filled();
        directory.sort_by(Column::Email, Direction::Descending);
        let (memberships, _) = members::make(members::MANY);
        let ids = memberships.iter().step_by(members::MANY / 40).map(|membership| &membership.id);
        let told: Vec<_> = ids.map(|id| (id.clone(), Text::from("told@clinic.example"))).collect();
        bencher.bench_local(|| directory.tell_emails(black_box(&told).iter().map(|(id, email)| (id, email))));
    }

    #[divan::bench(sample_count = 20)]
    fn sort_by_another_column(bencher: Bencher) {
        let mut directory = filled();
        let mut columns = [Column::Email, Column::Name].into_iter().cycle();
        bencher.bench_local(|| directory.sort_by(columns.next().unwrap(), Direction::Ascending));
    }
}

mod findings {
    use divan::{Bencher, black_box};
    use idconsole::identity::findings::sweep;

    use super::{members, sweep as made};

    /// Every rule over every member.
    #[divan::bench(sample_count = 10)]
    fn sweep_all_members(bencher: Bencher) {
        let (directory, around) = made::clinic(members::MANY);
        bencher.bench_local(|| sweep(black_box(&directory), black_box(&around)));
    }

    /// What the console does on its own thread before a sweep elsewhere.
    #[divan::bench]
    fn share_all_members(bencher: Bencher) {
        let (directory, _) = made::clinic(members::MANY);
        bencher.bench_local(|| black_box(&directory).clone());
    }
}

mod console {
    use divan::Bencher;

    use super::app::Drawn;
    use super::members::MANY;

    const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

    /// One frame of the members screen.
    #[divan::bench(args = SIZES)]
    fn draw(bencher: Bencher, (width, height): (u16, u16)) {
        let mut console = Drawn::with_members(MANY, width, height);
        bencher.bench_local(|| console.draw());
    }

    /// From a key in the list to its frame.
    #[divan::bench]
    fn move_and_draw(bencher: Bencher) {
        let mut console = Drawn::with_members(MANY, 120, 40);
        bencher.bench_local(|| {
            console.press("<Down>");
            console.draw();
        });
    }

    /// From a key in the filter to its frame, and back.
    #[divan::bench(sample_count = 20)]
    fn filter_and_draw(bencher: Bencher) {
        let mut console = Drawn::with_members(MANY, 120, 40);
        console.press("/");
        bencher.bench_local(|| {
            console.press("j");
            console.draw();
            console.press("<Backspace>");
            console.draw();
        });
    }
}

mod start {
    use clap::Parser;
    use divan::{Bencher, black_box};
    use idconsole::cli::Arguments;
    use idconsole::console::keymap::Keymap;
    use idconsole::console::theme::Theme;

    use super::app::Drawn;

    /// What stands between the start and the first frame: theme, keys, state, one drawing.
    #[divan::bench]
    fn first_frame(bencher: Bencher) {
        bencher.bench_local(|| Drawn::empty(120, 40).draw());
    }

    #[divan::bench]
    fn read_a_theme() -> Option<Theme> {
        Theme::embedded(black_box("dark"))
    }

    #[divan::bench]
    fn read_the_keys() -> Keymap {
        Keymap::default()
    }

    #[divan::bench]
    fn read_the_arguments() -> Arguments {
        Arguments::try_parse_from(black_box(["idconsole", "--profile", "clinic-demo"])).unwrap()
    }
}
