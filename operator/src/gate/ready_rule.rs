//! When an answer to the probe means "ready to be upgraded": a CEL expression, or the standard rule.

use std::{
    collections::{BTreeMap, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use cel::{Context, ExecutionError, Program, Value as CelValue};
use serde_json::{Value, json};

use super::{Trouble, ready_limits, text};

/// An HTTP answer to the probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub code: u16,
    /// Headers, with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Body, already capped by the client.
    pub body: Vec<u8>,
}

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether the member is ready to be upgraded.
    pub ready: bool,
    /// Whether it says that it drains.
    pub draining: Option<bool>,
    /// What it says of itself, in words: its `message`, else its count of `operations`.
    pub message: String,
}

/// The rule that judges answers.
#[derive(Clone)]
pub struct ReadyRule(Option<Arc<Expression>>);

/// A compiled expression.
struct Expression {
    program: Program,
    /// Whether it judges the status code itself. If it does not, an error of the application is never ready, whatever its body says.
    reads_code: bool,
}

impl std::fmt::Debug for ReadyRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "ReadyRule(CEL)" } else { "ReadyRule(standard)" })
    }
}

impl ReadyRule {
    /// The rule without an expression: any 2xx is ready, unless its JSON body says `isUpgradeable: false`.
    pub fn standard() -> Self {
        ReadyRule(None)
    }

    /// A CEL expression over `response.code`, `response.headers` and `response.body`. Unless it reads `response.code`, any other code
    /// than 2xx is not ready.
    ///
    /// # Errors
    /// Says what is wrong with the expression.
    pub fn compile(source: &str) -> Result<Self, String> {
        if source.len() > ready_limits::LONGEST {
            return Err(format!("must not be longer than {} bytes", ready_limits::LONGEST));
        }
        let program = guarded(|| Program::compile(source).map_err(|e| short(&e.to_string())))?;
        ready_limits::check(&program)?;
        Ok(ReadyRule(Some(Arc::new(Expression { program, reads_code: source.contains("response.code") }))))
    }

    /// What an answer says, by this rule.
    ///
    /// # Errors
    /// When the rule can't be applied to the answer: that is never "ready".
    pub fn judge(&self, answer: &Answer) -> Result<Report, Trouble> {
        let body = parse(&answer.body);
        let ready = match self.0.as_deref() {
            None => is_success(answer.code) && body.get("isUpgradeable") != Some(&Value::Bool(false)),
            Some(expression) if !expression.reads_code && !is_success(answer.code) => false,
            Some(Expression { program, .. }) => {
                evaluate(program, answer, &body).map_err(|why| Trouble::Unreadable { code: answer.code, why })?
            }
        };
        Ok(Report {
            ready,
            draining: body.get("draining").and_then(Value::as_bool),
            message: message(answer, &body, ready),
        })
    }
}

/// Whether a status code is 2xx.
fn is_success(code: u16) -> bool {
    (200..300).contains(&code)
}

/// The value of the expression, which must be a boolean.
fn evaluate(program: &Program, answer: &Answer, body: &Value) -> Result<bool, String> {
    let response = json!({"code": answer.code, "headers": answer.headers, "body": body});
    guarded(|| {
        let mut context = Context::default();
        context.add_variable_from_value("response", value(&response));
        match program.execute(&context) {
            Ok(CelValue::Bool(ready)) => Ok(ready),
            Ok(other) => Err(format!("the ready expression gave a {}, not true or false", other.type_of())),
            Err(error) if body.is_string() => {
                Err(format!("its body is no JSON, and the ready expression failed: {}", why(&error)))
            }
            Err(error) => Err(format!("the ready expression failed: {}", why(&error))),
        }
    })
}

/// JSON as CEL has it. All numbers without a fraction are ints, so that they can be added to those of the expression.
fn value(json: &Value) -> CelValue {
    match json {
        Value::Null => CelValue::Null,
        Value::Bool(holds) => CelValue::Bool(*holds),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => CelValue::Int(int),
            (None, Some(large)) => CelValue::UInt(large),
            (None, None) => CelValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => CelValue::List(Arc::new(items.iter().map(value).collect())),
        Value::Object(fields) => {
            fields.iter().map(|(name, v)| (name.as_str(), value(v))).collect::<HashMap<_, _>>().into()
        }
    }
}

/// Why an expression failed, without the values that it failed on: a body may hold secrets.
fn why(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(_)
        | ExecutionError::NoSuchOverload(_)
        | ExecutionError::UndeclaredReference(_)
        | ExecutionError::UnexpectedType { .. } => short(&error.to_string()),
        ExecutionError::UnsupportedBinaryOperator(name, a, b) => {
            format!("no operator '{name}' for {} and {}", a.type_of(), b.type_of())
        }
        _ => "it does not fit the answer".into(),
    }
}

fn short(text: &str) -> String {
    text::one_line(text, text::MEMBER)
}

/// The result of `work`, or an error if it panics: the expression is a user's, and the interpreter not ours.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the CEL interpreter failed on this expression".into()))
}

/// The body as JSON, or as a string if it is none.
fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

/// What the member says of itself. Text of a body is shown only from the fields of the contract, cut and without control characters.
fn message(answer: &Answer, body: &Value, ready: bool) -> String {
    if let Some(said) = body.get("message").and_then(Value::as_str).filter(|said| !said.is_empty()) {
        return short(said);
    }
    match body.get("operations").and_then(Value::as_u64) {
        Some(1) => "1 operation running".into(),
        Some(n) if n > 0 => format!("{n} operations running"),
        _ if ready => String::new(),
        _ => format!("answered {}", answer.code),
    }
}
