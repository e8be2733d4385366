//! What a person waits for, without a terminal: the way to the first frame, and filter, sort and draw with
//! 100 000 members. Run with `cargo bench --bench console`.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to hand an error to")]

#[path = "console/members.rs"]
mod members;

fn main() {
    divan::main();
}

mod directory {
    use divan::{Bencher, black_box};
    use idconsole::identity::directory::{Column, Direction, Directory, Page};
    use idconsole::identity::{Membership, Role, User};

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

    #[divan::bench(sample_count = 20)]
    fn sort_by_another_column(bencher: Bencher) {
        let mut directory = filled();
        let mut columns = [Column::Email, Column::Name].into_iter().cycle();
        bencher.bench_local(|| directory.sort_by(columns.next().unwrap(), Direction::Ascending));
    }
}

mod start {
    use clap::Parser;
    use divan::black_box;
    use idconsole::cli::Arguments;

    #[divan::bench]
    fn read_the_arguments() -> Arguments {
        Arguments::try_parse_from(black_box(["idconsole", "--profile", "clinic-demo"])).unwrap()
    }
}
