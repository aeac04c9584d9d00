//! HCL as `terraform fmt` writes it. Pure.

use serde_json::Value;

/// What stands behind an argument's name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// Nothing: the argument is left out.
    Nothing,
    /// A text, in which nothing is replaced.
    Text(String),
    /// A number or a truth value.
    Plain(String),
    /// A reference or a call, as it is written.
    Code(String),
    List(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    /// A JSON text, by `jsonencode`.
    Json(Box<Expression>),
}

impl Expression {
    pub(super) fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }

    /// A JSON text that holds this.
    pub(super) fn json(value: impl Into<Self>) -> Self {
        Self::Json(Box::new(value.into()))
    }
}

impl From<Value> for Expression {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(it) => Self::Plain(it.to_string()),
            Value::Number(it) => Self::Plain(number(&it)),
            Value::String(it) => Self::Text(it),
            Value::Array(all) => Self::List(all.into_iter().map(Self::from).collect()),
            Value::Object(all) => {
                let fields = all.into_iter().map(|(name, it)| (name, Self::from(it)));
                Self::Object(fields.collect())
            }
        }
    }
}

/// Without a fraction that is none: AWS writes 1.0 and people 1.
fn number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// Arguments and blocks, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Body(Vec<Item>);

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Argument(&'static str, Expression),
    Block(&'static str, Body),
    Comment(&'static str),
}

impl Body {
    /// With an argument, unless there is nothing to set.
    pub(super) fn set(mut self, name: &'static str, value: impl Into<Expression>) -> Self {
        let value = value.into();
        if value != Expression::Nothing {
            self.0.push(Item::Argument(name, value));
        }
        self
    }

    /// With a block of its own.
    pub(super) fn block(mut self, name: &'static str, body: Self) -> Self {
        self.0.push(Item::Block(name, body));
        self
    }

    /// With a line for people.
    pub(super) fn comment(mut self, text: &'static str) -> Self {
        self.0.push(Item::Comment(text));
        self
    }
}

/// A block at the top of a file: its type, its labels, and what is in it.
pub(super) fn block(kind: &str, labels: &[&str], body: &Body) -> String {
    let labels: String = labels.iter().map(|it| format!(" {}", quoted(it))).collect();
    let mut lines = Lines::default();
    lines.open(&format!("{kind}{labels} {{"));
    lines.body(body);
    lines.close("}");
    lines.text()
}

/// One line: an assignment is aligned with its neighbours.
enum Line {
    Assignment(String, String),
    Other(String),
}

#[derive(Default)]
struct Lines {
    depth: usize,
    all: Vec<(usize, Line)>,
}

impl Lines {
    fn push(&mut self, line: Line) {
        self.all.push((self.depth, line));
    }

    fn open(&mut self, text: &str) {
        self.push(Line::Other(text.to_owned()));
        self.depth += 1;
    }

    fn close(&mut self, text: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.push(Line::Other(text.to_owned()));
    }

    fn body(&mut self, body: &Body) {
        for (at, item) in body.0.iter().enumerate() {
            match item {
                Item::Argument(name, value) => self.assign(name, value),
                Item::Comment(text) => self.push(Line::Other(format!("# {text}"))),
                Item::Block(name, inner) => {
                    if at > 0 {
                        self.push(Line::Other(String::new()));
                    }
                    self.open(&format!("{name} {{"));
                    self.body(inner);
                    self.close("}");
                }
            }
        }
    }

    fn assign(&mut self, name: &str, value: &Expression) {
        match on_one_line(value) {
            Some(text) => self.push(Line::Assignment(name.to_owned(), text)),
            None => self.several(&format!("{name} = "), value, ""),
        }
    }

    /// A value of several lines, between what stands before and behind it.
    fn several(&mut self, before: &str, value: &Expression, behind: &str) {
        match value {
            Expression::Json(inner) => {
                self.several(
                    &format!("{before}jsonencode("),
                    inner,
                    &format!("){behind}"),
                );
            }
            Expression::List(all) => {
                self.open(&format!("{before}["));
                for it in all {
                    match on_one_line(it) {
                        Some(text) => self.push(Line::Other(format!("{text},"))),
                        None => self.several("", it, ","),
                    }
                }
                self.close(&format!("]{behind}"));
            }
            Expression::Object(fields) => {
                self.open(&format!("{before}{{"));
                for (name, it) in fields {
                    self.assign(&key(name), it);
                }
                self.close(&format!("}}{behind}"));
            }
            other => {
                let text = on_one_line(other).unwrap_or_default();
                self.push(Line::Other(format!("{before}{text}{behind}")));
            }
        }
    }

    /// The text, in which assignments that follow one another are aligned.
    fn text(&self) -> String {
        let mut text = String::new();
        let is_assignment = |(_, line): &&(usize, Line)| matches!(line, Line::Assignment(..));
        let mut rest = self.all.as_slice();
        while let Some((depth, line)) = rest.first() {
            if let Line::Other(line) = line {
                let indent = if line.is_empty() { 0 } else { 2 * depth };
                text.push_str(&format!("{:indent$}{line}\n", ""));
                rest = &rest[1..];
                continue;
            }
            let (run, behind) = rest.split_at(rest.iter().take_while(is_assignment).count());
            let width = run.iter().map(|(_, line)| line.width()).max();
            for (depth, line) in run {
                line.aligned(&mut text, 2 * depth, width.unwrap_or_default());
            }
            rest = behind;
        }
        text
    }
}

impl Line {
    fn width(&self) -> usize {
        match self {
            Self::Assignment(name, _) => name.chars().count(),
            Self::Other(_) => 0,
        }
    }

    fn aligned(&self, text: &mut String, indent: usize, width: usize) {
        if let Self::Assignment(name, value) = self {
            text.push_str(&format!("{:indent$}{name:width$} = {value}\n", ""));
        }
    }
}

/// A value that needs one line only.
fn on_one_line(value: &Expression) -> Option<String> {
    Some(match value {
        Expression::Nothing => "null".to_owned(),
        Expression::Text(it) => quoted(it),
        Expression::Plain(it) | Expression::Code(it) => it.clone(),
        Expression::List(all) => match all.as_slice() {
            [] => "[]".to_owned(),
            [one] if is_scalar(one) => format!("[{}]", on_one_line(one)?),
            _ => return None,
        },
        Expression::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Expression::Object(_) => return None,
        Expression::Json(inner) => format!("jsonencode({})", on_one_line(inner)?),
    })
}

fn is_scalar(value: &Expression) -> bool {
    matches!(
        value,
        Expression::Text(_) | Expression::Plain(_) | Expression::Code(_)
    )
}

/// Words that mean something else where a key may stand.
const WORDS: [&str; 5] = ["null", "true", "false", "for", "if"];

/// A key of an object: in quotes unless it is a name.
fn key(name: &str) -> String {
    let is_first = |it: char| it.is_ascii_alphabetic() || it == '_';
    let is_part = |it: char| is_first(it) || it.is_ascii_digit() || it == '-';
    let is_name = name.starts_with(is_first) && name.chars().all(is_part);
    match is_name && !WORDS.contains(&name) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// A text in quotes, in which nothing is replaced (Terraform language, "Strings and templates").
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for it in text.chars() {
        match it {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            it if it.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(it))),
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_written_as_terraform_formats_it() {
        let body = Body::default()
            .set("name", json!("a"))
            .set("nothing", Value::Null)
            .set("retention_in_days", json!(14.0))
            .set("tags", json!({"rootwatch:deployment": "it", "team": "x"}))
            .set(
                "policy",
                Expression::json(json!({"Statement": [{"Action": ["a", "b"], "Effect": "Allow"}]})),
            )
            .comment("why")
            .set("role", Expression::code("aws_iam_role.it.arn"))
            .block(
                "lifecycle",
                Body::default().set(
                    "ignore_changes",
                    Expression::List(vec![Expression::code("filename")]),
                ),
            );
        let wanted = r#"resource "a" "b" {
  name              = "a"
  retention_in_days = 14
  tags = {
    "rootwatch:deployment" = "it"
    team                   = "x"
  }
  policy = jsonencode({
    Statement = [
      {
        Action = [
          "a",
          "b",
        ]
        Effect = "Allow"
      },
    ]
  })
  # why
  role = aws_iam_role.it.arn

  lifecycle {
    ignore_changes = [filename]
  }
}
"#;
        assert_eq!(block("resource", &["a", "b"], &body), wanted);
    }

    #[test]
    fn a_text_stays_as_it_is() {
        for (text, wanted) in [
            ("${AWS::Region} %{if}", r#""$${AWS::Region} %%{if}""#),
            ("a\"b\\c\n\u{1}", r#""a\"b\\c\n\u0001""#),
            ("$$ 100%", r#""$$ 100%""#),
        ] {
            assert_eq!(quoted(text), wanted);
        }
        assert_eq!(key("detail-type"), "detail-type");
        assert_eq!(key("$or"), "\"$or\"");
        assert_eq!(key("null"), "\"null\"");
        assert_eq!(key("1a"), "\"1a\"");
    }
}
