//! jq and curl where a machine has none, so that the guide's steps can be measured there too: as much of them as those steps
//! use, and at least as fast, so that the ratio is not flattered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

/// Does what the program of this name would do; nothing for other names.
pub(crate) fn called_as(name: &str, arguments: impl Iterator<Item = String>) -> Option<ExitCode> {
    let arguments: Vec<String> = arguments.collect();
    match Path::new(name).file_name()?.to_str()? {
        "jq" => Some(jq(&arguments)),
        "curl" => Some(curl(&arguments)),
        _ => None,
    }
}

/// `jq [--raw-output] [--compact-output] [--arg NAME TEXT] [--argjson NAME JSON] FILTER [FILE]`
fn jq(arguments: &[String]) -> ExitCode {
    let (mut is_raw, mut names, mut values, mut plain) = (false, Vec::new(), Vec::new(), Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().cloned().unwrap_or_default();
        match word.as_str() {
            "--raw-output" => is_raw = true,
            "--compact-output" => {}
            "--arg" | "--argjson" => {
                names.push(format!("${}", next()));
                let text = next();
                let text = if word == "--arg" { serde_json::Value::from(text).to_string() } else { text };
                values.push(read::parse_single(text.as_bytes()).unwrap());
            }
            _ => plain.push(word.clone()),
        }
    }
    let mut input = Vec::new();
    match plain.get(1) {
        Some(file) => input = std::fs::read(file).unwrap(),
        None => _ = std::io::stdin().read_to_end(&mut input).unwrap(),
    }
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs::<data::JustLut<Val>>().chain(jaq_std::funs()).chain(jaq_json::funs());
    let (loader, arena) = (Loader::new(definitions), Arena::default());
    let modules =
        loader.load(&arena, File { code: plain[0].as_str(), path: () }).unwrap_or_else(|_| panic!("{plain:?}"));
    let compiler = Compiler::default().with_funs(functions).with_global_vars(names.iter().map(String::as_str));
    let filter = compiler.compile(modules).unwrap_or_else(|_| panic!("{plain:?}"));
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new(values));
    for output in filter.id.run((context, read::parse_single(&input).unwrap())).map(unwrap_valr) {
        let text = output.unwrap().to_string();
        match serde_json::from_str(&text) {
            Ok(serde_json::Value::String(raw)) if is_raw => println!("{raw}"),
            _ => println!("{text}"),
        }
    }
    ExitCode::SUCCESS
}

/// `curl [--request METHOD] [--header LINE]… [--data BODY] [--output FILE] URL`, over plain HTTP, failing as `--fail` does.
fn curl(arguments: &[String]) -> ExitCode {
    let (mut method, mut headers, mut body, mut output, mut url) = (None, Vec::new(), None, None, String::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().cloned().unwrap_or_default();
        match word.as_str() {
            "--request" => method = Some(next()),
            "--header" => headers.push(next()),
            "--data" => body = Some(next()),
            "--output" => output = Some(next()),
            _ if word.starts_with("--") => {}
            _ => word.clone_into(&mut url),
        }
    }
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    let (headers, body) = (headers.join("\r\n"), body.unwrap_or_default());
    let length = body.len();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, content) = answer.split_once("\r\n\r\n").unwrap();
    let is_refused = head.split(' ').nth(1).is_none_or(|status| status >= "400");
    if is_refused {
        // Nothing can be said to anybody when standard error is closed; the exit code stays.
        let _ = writeln!(std::io::stderr(), "curl: (22) {}", head.lines().next().unwrap_or_default());
        return ExitCode::from(22);
    }
    match output {
        Some(file) => std::fs::write(file, content).unwrap(),
        None => print!("{content}"),
    }
    ExitCode::SUCCESS
}
