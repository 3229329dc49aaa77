//! What a ready expression may not do: it is a user's, and runs within the operator for every answer of every member.

use cel::{
    Program,
    common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr},
};

/// Longest expression, in bytes: the schema's limit. The parser takes stack for every nesting, so a longer one could exhaust it.
pub(crate) const LONGEST: usize = 1024;

const NESTED: &str = "all, exists, map and filter can't be used within or on the result of one another, nor matches within them: \
                      an answer of 10 KiB would keep the operator busy for minutes";

/// Refuses what could take long: a loop costs at most the size of the answer, a loop in a loop its square, and one on the result of
/// another may double it each time.
pub(crate) fn check(program: &Program) -> Result<(), String> {
    if is_costly(&program.expression().expr, false) { Err(NESTED.into()) } else { Ok(()) }
}

/// Whether an expression has a loop with another in it; `in_loop`: it is a part of one already.
fn is_costly(expr: &Expr, in_loop: bool) -> bool {
    let any = |parts: &[&IdedExpr], in_loop| parts.iter().any(|part| is_costly(&part.expr, in_loop));
    match expr {
        Expr::Comprehension(_) if in_loop => true,
        Expr::Comprehension(the) => {
            let ComprehensionExpr { iter_range, accu_init, loop_cond, loop_step, result, .. } = &**the;
            any(&[iter_range, accu_init, loop_cond, loop_step, result], true)
        }
        Expr::Call(call) if in_loop && call.func_name == "matches" => true,
        Expr::Call(call) => any(&call.target.iter().map(AsRef::as_ref).chain(&call.args).collect::<Vec<_>>(), in_loop),
        Expr::List(list) => any(&list.elements.iter().collect::<Vec<_>>(), in_loop),
        Expr::Map(map) => map.entries.iter().any(|entry| is_costly_entry(&entry.expr, in_loop)),
        Expr::Struct(fields) => fields.entries.iter().any(|entry| is_costly_entry(&entry.expr, in_loop)),
        Expr::Select(select) => is_costly(&select.operand.expr, in_loop),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => false,
    }
}

fn is_costly_entry(entry: &EntryExpr, in_loop: bool) -> bool {
    match entry {
        EntryExpr::StructField(field) => is_costly(&field.value.expr, in_loop),
        EntryExpr::MapEntry(entry) => is_costly(&entry.key.expr, in_loop) || is_costly(&entry.value.expr, in_loop),
    }
}
