//! A GraphQL document: operations, selections, arguments. As much of the language as clients of GitHub use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::token::{Token, tokens};

/// Deeper nesting than any query of use has; it bounds the parser's recursion.
const DEEPEST: usize = 40;

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// `query` or `mutation`.
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) variables: Vec<VariableDefinition>,
    pub(super) selections: Vec<Selection>,
}

/// A declared variable.
#[derive(Clone, Debug)]
pub(super) struct VariableDefinition {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) default: Option<Argument>,
}

/// A field or an inline fragment.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    Field(Field),
    On { kind: Option<String>, selections: Vec<Self> },
}

/// A field with its arguments and what is asked of its value.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: BTreeMap<String, Argument>,
    pub(super) selections: Vec<Selection>,
}

/// A value as written, variables not yet filled in.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Variable(String),
    Plain(Value),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Argument {
    /// Fills in variables; one that was not given is `null`.
    pub(super) fn value(&self, variables: &Map<String, Value>) -> Value {
        match self {
            Self::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
            Self::Plain(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.value(variables)).collect(),
            Self::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), value.value(variables))).collect::<Map<_, _>>().into()
            }
        }
    }
}

/// Parses a document, or says in one sentence where it is wrong.
pub(super) fn parse(text: &str) -> Result<Vec<Operation>, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let mut operations = Vec::new();
    while parser.at < parser.tokens.len() {
        operations.push(parser.operation()?);
    }
    Ok(operations)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("Unexpected end of document")?;
        self.at += 1;
        Ok(token)
    }

    fn is(&self, sign: char) -> bool {
        self.tokens.get(self.at) == Some(&Token::Sign(sign))
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("Expected {sign} at word {}", self.at + 1)) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Name(name) => Ok(name),
            _ => Err(format!("Expected a name at word {}", self.at)),
        }
    }

    fn optional_name(&mut self) -> Option<String> {
        let Some(Token::Name(name)) = self.tokens.get(self.at).cloned() else { return None };
        self.at += 1;
        Some(name)
    }

    fn operation(&mut self) -> Result<Operation, String> {
        let kind = self.optional_name().unwrap_or_else(|| "query".to_owned());
        if !["query", "mutation"].contains(&kind.as_str()) {
            return Err(format!("{kind} is not supported by the sandbox"));
        }
        let name = self.optional_name();
        let mut variables = Vec::new();
        if self.take('(') {
            while !self.take(')') {
                variables.push(self.variable()?);
            }
        }
        self.directives()?;
        Ok(Operation { kind, name, variables, selections: self.selections()? })
    }

    fn variable(&mut self) -> Result<VariableDefinition, String> {
        self.expect('$')?;
        let name = self.name()?;
        self.expect(':')?;
        let lists = std::iter::from_fn(|| self.take('[').then_some(())).count();
        self.name()?;
        let mut required = self.take('!');
        for _ in 0..lists {
            self.expect(']')?;
            required = self.take('!');
        }
        let default = if self.take('=') { Some(self.argument()?) } else { None };
        Ok(VariableDefinition { name, required, default })
    }

    fn selections(&mut self) -> Result<Vec<Selection>, String> {
        self.deeper()?;
        self.expect('{')?;
        let mut selections = Vec::new();
        while !self.take('}') {
            selections.push(self.selection()?);
        }
        self.depth -= 1;
        if selections.is_empty() { Err("A selection must not be empty".to_owned()) } else { Ok(selections) }
    }

    fn selection(&mut self) -> Result<Selection, String> {
        if self.tokens.get(self.at) == Some(&Token::Spread) {
            self.at += 1;
            let kind = match self.optional_name() {
                Some(word) if word == "on" => Some(self.name()?),
                Some(name) => return Err(format!("Fragment {name} was used, but not defined")),
                None => None,
            };
            self.directives()?;
            return Ok(Selection::On { kind, selections: self.selections()? });
        }
        let first = self.name()?;
        let (alias, name) = if self.take(':') { (Some(first), self.name()?) } else { (None, first) };
        let mut arguments = BTreeMap::new();
        if self.take('(') {
            while !self.take(')') {
                let name = self.name()?;
                self.expect(':')?;
                arguments.insert(name, self.argument()?);
            }
        }
        self.directives()?;
        let selections = if self.is('{') { self.selections()? } else { Vec::new() };
        Ok(Selection::Field(Field { alias, name, arguments, selections }))
    }

    /// Directives would change what is answered, so that overlooking one would be a lie.
    fn directives(&self) -> Result<(), String> {
        if self.is('@') { Err("Directives are not supported by the sandbox".to_owned()) } else { Ok(()) }
    }

    fn argument(&mut self) -> Result<Argument, String> {
        self.deeper()?;
        let argument = match self.next()? {
            Token::Sign('$') => Argument::Variable(self.name()?),
            Token::Sign('[') => {
                let mut items = Vec::new();
                while !self.take(']') {
                    items.push(self.argument()?);
                }
                Argument::List(items)
            }
            Token::Sign('{') => {
                let mut fields = Vec::new();
                while !self.take('}') {
                    let name = self.name()?;
                    self.expect(':')?;
                    fields.push((name, self.argument()?));
                }
                Argument::Object(fields)
            }
            Token::Text(text) => Argument::Plain(Value::from(text)),
            // Whole numbers stay whole in JSON.
            Token::Number(number) if number.fract() == 0.0 => Argument::Plain(json!(number as i64)),
            Token::Number(number) => Argument::Plain(json!(number)),
            Token::Name(word) => Argument::Plain(match word.as_str() {
                "true" => json!(true),
                "false" => json!(false),
                "null" => Value::Null,
                _ => json!(word),
            }),
            Token::Sign(_) | Token::Spread => return Err(format!("Expected a value at word {}", self.at)),
        };
        self.depth -= 1;
        Ok(argument)
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST { Err("The document is nested too deeply".to_owned()) } else { Ok(()) }
    }
}
