//! The command line's own messages in Chinese: its help, and what is wrong with what was typed. Names stay as typed.

use std::process::ExitCode;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// Words that clap writes by itself, each in the place it stands.
const WORDS: [(&str, &str); 11] = [
    ("Usage: ", "用法："),
    ("\nCommands:", "\n命令："),
    ("\nArguments:", "\n参数："),
    ("\nOptions:", "\n选项："),
    ("[OPTIONS]", "[选项]"),
    ("<COMMAND>", "<命令>"),
    ("[default: ", "[默认："),
    ("[env: ", "[环境变量："),
    ("Print this message or the help of the given subcommand(s)", "显示某个命令的说明"),
    ("Print version", "显示版本"),
    ("Print help", "显示说明"),
];

/// Endings of the line about `--help`, where there is a longer and a shorter one.
const SEE: [(&str, &str); 2] =
    [(" (see more with '--help')", "（--help 更详细）"), (" (see a summary with '-h')", "（-h 更简短）")];

/// Says what clap found, where it would have said it: what was asked for on standard output, a mistake on standard error.
pub fn told(error: &Error, command: &Command) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print!("{}", chinese(&error.to_string()));
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            eprint!("{}", chinese(&error.to_string()));
            ExitCode::from(2)
        }
        _ => {
            eprintln!("yimen: {}", mistake(error, command));
            if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
                eprintln!("{}", chinese(&usage.to_string()).trim_end());
            }
            eprintln!("详细说明：yimen --help，或 yimen 命令 --help");
            ExitCode::from(2)
        }
    }
}

fn chinese(text: &str) -> String {
    WORDS.iter().chain(&SEE).fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}

/// What is wrong, and what to type instead.
fn mistake(error: &Error, command: &Command) -> String {
    let of = |kind| error.get(kind).map(words).unwrap_or_default();
    let argument = of(ContextKind::InvalidArg);
    let value = of(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let near = of(ContextKind::SuggestedArg);
            format!("没有“{argument}”这个选项或参数。{}", perhaps(&near))
        }
        ErrorKind::InvalidSubcommand => {
            let near = of(ContextKind::SuggestedSubcommand);
            format!("没有“{}”这个命令。{}", of(ContextKind::InvalidSubcommand), perhaps(&near))
        }
        ErrorKind::MissingSubcommand => "请写明要执行的命令。".into(),
        ErrorKind::MissingRequiredArgument => format!("还缺少：{argument}。"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if value.is_empty() => {
            format!("“{argument}”后面没有写内容。{}", meant(command, &argument))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("“{argument}”不能是“{value}”。{}", meant(command, &argument))
        }
        ErrorKind::ArgumentConflict => match of(ContextKind::PriorArg) {
            prior if prior.is_empty() || prior == argument => format!("“{argument}”只能写一次。"),
            prior => format!("“{argument}”不能和“{prior}”一起用。"),
        },
        ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::NoEquals => {
            format!("“{argument}”后面的内容多了或少了。{}", meant(command, &argument))
        }
        ErrorKind::InvalidUtf8 => "有的内容不是 UTF-8 文字。".into(),
        _ => "命令写得不对。".into(),
    }
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join("、"),
        _ => String::new(),
    }
}

fn perhaps(near: &str) -> String {
    if near.is_empty() { String::new() } else { format!("是不是“{near}”？") }
}

/// What an option is for, in the words of its help; `argument` begins with its name.
fn meant(command: &Command, argument: &str) -> String {
    let name = argument.split([' ', '=']).next().unwrap_or_default();
    let of = |command: &Command| {
        let is_meant = |arg: &&clap::Arg| match name.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => name.trim_matches(['<', '>']).eq_ignore_ascii_case(arg.get_id().as_str()),
        };
        let help = command.get_arguments().find(is_meant).and_then(|arg| arg.get_help());
        help.map(|help| format!("它是：{help}。"))
    };
    let below =
        || command.get_subcommands().find_map(|sub| of(sub).or_else(|| sub.get_subcommands().find_map(of)));
    of(command).or_else(below).unwrap_or_default()
}
