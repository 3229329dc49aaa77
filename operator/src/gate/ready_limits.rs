//! What a ready expression may not do: it is a user's, and runs within the operator for every answer of every member.

use cel::{
    Program,
    common::ast::{EntryExpr, Expr, IdedExpr, operators::ADD},
};

/// Longest expression, in bytes: the schema's limit. The parser takes stack for every nesting, so a longer one could exhaust it.
pub(crate) const LONGEST: usize = 1024;

/// Most operators and functions in loops; each may have to look at the whole answer for each part of it. A loop itself counts for two or
/// three.
const CALLS_IN_LOOPS: usize = 12;

/// Most regular expressions: a large one takes long to build.
const MATCHES: usize = 4;

/// Refuses what could take longer than about a second for the largest answer, which is 10 KiB. A loop costs at most the size of the
/// answer; a loop in a loop its square, one on the result of another may double it each time, and so may `+`.
pub(crate) fn check(program: &Program) -> Result<(), String> {
    let mut costs = Costs::default();
    costs.add(&program.expression().expr, false);
    if costs.nested {
        return Err("all, exists, map and filter can't be used within or on the result of one another, nor + and matches within \
                    them: a large answer would keep the operator busy for minutes"
            .into());
    }
    if costs.calls_in_loops > CALLS_IN_LOOPS {
        return Err(format!("must not use more than {CALLS_IN_LOOPS} operators within all, exists, map and filter"));
    }
    if costs.matches > MATCHES {
        return Err(format!("must not use matches more than {MATCHES} times"));
    }
    Ok(())
}

/// What an expression would cost.
#[derive(Default)]
struct Costs {
    /// Whether something in a loop may take as long as a loop.
    nested: bool,
    calls_in_loops: usize,
    matches: usize,
}

impl Costs {
    /// Adds those of a part; `in_loop`: it is a part of a loop.
    fn add(&mut self, expr: &Expr, in_loop: bool) {
        match expr {
            Expr::Comprehension(parts) => {
                self.nested |= in_loop;
                let parts = [&parts.iter_range, &parts.accu_init, &parts.loop_cond, &parts.loop_step, &parts.result];
                self.add_all(parts, true);
            }
            Expr::Call(call) => {
                // map and filter append to their result, which is no work.
                let appends = matches!(call.args.first(), Some(IdedExpr { expr: Expr::Ident(name), .. }) if name.starts_with('@'));
                self.nested |= in_loop && (call.func_name == "matches" || call.func_name == ADD && !appends);
                self.calls_in_loops += usize::from(in_loop);
                self.matches += usize::from(call.func_name == "matches");
                self.add_all(call.target.as_deref().into_iter().chain(&call.args), in_loop);
            }
            Expr::List(list) => self.add_all(&list.elements, in_loop),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.add_entry(&entry.expr, in_loop)),
            Expr::Struct(fields) => fields.entries.iter().for_each(|entry| self.add_entry(&entry.expr, in_loop)),
            Expr::Select(select) => self.add(&select.operand.expr, in_loop),
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        }
    }

    fn add_all<'e>(&mut self, parts: impl IntoIterator<Item = &'e IdedExpr>, in_loop: bool) {
        parts.into_iter().for_each(|part| self.add(&part.expr, in_loop));
    }

    fn add_entry(&mut self, entry: &EntryExpr, in_loop: bool) {
        match entry {
            EntryExpr::StructField(field) => self.add(&field.value.expr, in_loop),
            EntryExpr::MapEntry(entry) => self.add_all([&entry.key, &entry.value], in_loop),
        }
    }
}
