//! What the head over a row costs: with one each second a day has 86,400.

use rusqlite::{Connection, params};

use super::super::{schema, seals};
use super::steps;

/// A day with so many heads, a row more in each; every head from number `stamped` on has its stamp.
fn day(heads: u32, stamped: u32) -> Connection {
    let file = Connection::open_in_memory().unwrap();
    schema::make(&file).unwrap();
    let fill = format!(
        "UPDATE logs SET last = {heads} + 1;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {heads})
         INSERT INTO heads (log, number, first, size, closed, at, text, signature)
           SELECT 1, n, 1, n, n = {heads}, 0, x'00', x'00' FROM n;
         INSERT INTO heads VALUES (1, {heads} + 1, {heads} + 1, 1, 0, 0, x'00', x'00');
         INSERT INTO stamps SELECT log, number, x'00' FROM heads WHERE number >= {stamped};"
    );
    file.execute_batch(&fill).unwrap();
    file
}

#[test]
fn the_head_over_a_row_costs_the_same_however_many_its_day_has() {
    // The number of the head over a row, and the steps to it.
    let found = |file: &Connection, row: u32| {
        let number = file.query_row(&seals::over(), params![1, 1, row - 1], |row| row.get::<_, u32>(1)).unwrap();
        let tree = steps(file, seals::TREE, params![1, row]).0;
        (number, tree + steps(file, &seals::over(), params![1, 1, row - 1]).0)
    };
    let cost = |heads: u32| {
        let ends = day(heads, heads);
        let none = day(heads, heads + 1);
        let all = day(heads, 1);
        let middle = heads / 2;
        let each = [
            // The only stamp of the day is at its end; the next tree has one, this one has none; each has one.
            (found(&ends, middle), heads),
            (found(&none, middle), middle),
            (found(&all, middle), middle),
            (found(&none, 1), 1),
            (found(&none, heads), heads),
        ];
        each.map(|((number, steps), expected)| {
            assert_eq!(number, expected, "of {heads}");
            steps
        })
    };
    let (few, many) = (cost(10), cost(86_400));
    for (few, many) in few.into_iter().zip(many) {
        assert!(many <= few + 20, "{few} steps with ten heads, {many} with 86,400");
    }
}
