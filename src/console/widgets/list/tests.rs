use super::*;
use crate::console::effect::Effect;
use crate::console::model::tests::{asked, ctx};
use crate::console::widgets::shorten::Cut;
use serde_json::json;

#[derive(Debug)]
struct Fruit(u32, &'static str, &'static str);

impl Record for Fruit {
    type Key = u32;
    const NAME: &'static str = "fruit";
    const COLUMNS: &'static [Column] = &[
        Column { title: "name", priority: 0, min: 4, max: 20, right: false, cut: Cut::End },
        Column { title: "colour", priority: 1, min: 4, max: 20, right: false, cut: Cut::End },
        Column { title: "weight", priority: 2, min: 4, max: 20, right: true, cut: Cut::End },
    ];

    fn key(&self) -> u32 {
        self.0
    }

    fn cell(&self, column: usize) -> String {
        [self.1, self.2, ""][column].to_owned()
    }

    fn compare(&self, other: &Self, column: usize) -> std::cmp::Ordering {
        match column {
            2 => self.0.cmp(&other.0),
            _ => self.cell(column).cmp(&other.cell(column)),
        }
    }

    fn json(&self) -> Value {
        json!({ "name": self.1, "colour": self.2 })
    }
}

fn scene() -> (List<u32>, Rows<Fruit>, Ctx) {
    let mut rows = Rows::default();
    rows.set(vec![
        Fruit(1, "Plum", "blue"),
        Fruit(2, "Apple", "red"),
        Fruit(3, "Cherry", "red"),
        Fruit(4, "=Pear\tX", "green"),
    ]);
    (List::default(), rows, ctx(None))
}

fn names(rows: &Rows<Fruit>) -> Vec<&'static str> {
    (0..rows.shown()).filter_map(|line| rows.at(line)).map(|fruit| fruit.1).collect()
}

fn typed(list: &mut List<u32>, rows: &mut Rows<Fruit>, ctx: &mut Ctx, text: &str) {
    list.act(Action::Filter, rows, ctx);
    for c in text.chars() {
        list.typed(Key::char(c), rows);
    }
    list.act(Action::Done, rows, ctx);
}

#[test]
fn words_and_fields_filter_and_a_minus_turns_a_field_round() {
    for (filter, left) in [
        ("red", vec!["Apple", "Cherry"]),
        ("colour:red che", vec!["Cherry"]),
        ("-colour:red", vec!["=Pear\tX", "Plum"]),
        ("taste:sweet", vec![]),
    ] {
        let (mut list, mut rows, mut ctx) = scene();
        typed(&mut list, &mut rows, &mut ctx, filter);
        assert_eq!(names(&rows), left, "{filter}");
    }
}

#[test]
fn marks_outlive_the_filter_and_are_turned_round_only_where_they_are_seen() {
    let (mut list, mut rows, mut ctx) = scene();
    typed(&mut list, &mut rows, &mut ctx, "red");
    list.act(Action::MarkAll, &mut rows, &mut ctx);
    list.act(Action::Back, &mut rows, &mut ctx);
    assert_eq!(list.marks().iter().copied().collect::<Vec<_>>(), [2, 3], "the filter went first");
    list.act(Action::MarkInvert, &mut rows, &mut ctx);
    assert_eq!(list.marks().iter().copied().collect::<Vec<_>>(), [1, 4]);
    list.act(Action::Back, &mut rows, &mut ctx);
    assert!(list.marks().is_empty());
}

#[test]
fn numbers_sort_by_the_largest_first_and_a_second_click_turns_them_round() {
    let (mut list, mut rows, ctx) = scene();
    list.clicked(Hit::Part(2), &mut rows, &ctx);
    assert_eq!(rows.sorted(), Some((2, false)));
    list.clicked(Hit::Part(2), &mut rows, &ctx);
    assert_eq!((rows.sorted(), names(&rows)[0]), (Some((2, true)), "Plum"));
}

#[test]
fn a_click_means_the_column_that_stands_there_not_the_one_that_would() {
    let (mut list, mut rows, mut ctx) = scene();
    let mut layouts = Layouts::new();
    layouts.insert("fruit".into(), vec!["colour".into(), "-weight".into(), "name".into()]);
    ctx.layouts = layouts.into();
    list.clicked(Hit::Part(0), &mut rows, &ctx);
    assert_eq!(rows.sorted(), Some((1, true)));
    // The sort key walks what is shown.
    list.act(Action::Sort, &mut rows, &mut ctx);
    assert_eq!(rows.sorted(), Some((0, true)));
    list.act(Action::Sort, &mut rows, &mut ctx);
    assert_eq!(rows.sorted(), Some((1, true)));
}

#[test]
fn a_row_is_copied_cell_by_cell_and_the_marked_ones_as_json() {
    let (mut list, mut rows, mut ctx) = scene();
    let copied = |ctx: &mut Ctx| {
        let effect = std::mem::take(&mut ctx.effects).pop();
        let Some(Effect::Copy { text, .. }) = effect else { panic!("{effect:?}") };
        text
    };
    list.act(Action::CopyRow, &mut rows, &mut ctx);
    assert_eq!(copied(&mut ctx), "=Pear X\tgreen\t", "a tab inside does not move the other cells");
    list.act(Action::Mark, &mut rows, &mut ctx);
    list.act(Action::Mark, &mut rows, &mut ctx);
    list.act(Action::CopyJson, &mut rows, &mut ctx);
    let both: Value = serde_json::from_str(&copied(&mut ctx)).unwrap();
    assert_eq!(both[1], json!({ "name": "Apple", "colour": "red" }));
}

#[test]
fn what_is_shown_is_exported_in_the_columns_that_are_shown() {
    let (mut list, mut rows, mut ctx) = scene();
    ctx.layouts = Layouts::from([("fruit".into(), vec!["colour".into(), "-weight".into()])]).into();
    typed(&mut list, &mut rows, &mut ctx, "red");
    let note = Note::Export { list: "fruit", path: "f.csv".into(), kind: Kind::Csv, replace: false };
    list.told(&note, &mut rows, &mut ctx);
    let Some(Question::Save { sheet, .. }) = asked(&mut ctx).pop() else { panic!() };
    let cells = |row: [&str; 2]| row.map(str::to_owned).to_vec();
    assert_eq!(
        *sheet,
        Sheet::Csv {
            columns: cells(["colour", "name"]),
            rows: vec![cells(["red", "Apple"]), cells(["red", "Cherry"])],
        }
    );
    // Another list's note means nothing here.
    let note = Note::Export { list: "members", path: "f.csv".into(), kind: Kind::Csv, replace: false };
    list.told(&note, &mut rows, &mut ctx);
    assert_eq!(asked(&mut ctx), []);
}
