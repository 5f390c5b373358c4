// `octogate completion`: a script with which a shell completes commands, options and their values.
// It is made of the commands themselves, so it knows what they know.
import { Argument, Command, type Option } from "commander";
import { type CommandMaker, done } from "../command.ts";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

const howToUse = `
For bash:  source <(octogate completion bash)
For zsh:   source <(octogate completion zsh)
For fish:  octogate completion fish | source
Put the line into the shell's own start-up file to have it in each shell.`;

export const completionCommand: CommandMaker = (_context, run) =>
  new Command("completion")
    .description("prints a script that completes octogate's commands and options")
    .addArgument(new Argument("<shell>", "which shell it is for").choices(shells))
    .addHelpText("after", howToUse)
    .action((shell: Shell, _options, command: Command) =>
      run(async () => {
        const nodes = nodesIn(command.parent ?? command, "");
        const script = shell === "fish" ? fishScript(nodes) : bashScript(nodes, shell === "zsh");
        return done(script.split("\n"), { shell, script });
      }),
    );

interface Node {
  /** The words behind `octogate`, each with a blank before it. */
  readonly path: string;
  readonly commands: readonly Command[];
  /** What an argument may be, where there are only so many. */
  readonly choices: readonly string[];
  readonly options: readonly Option[];
}

function nodesIn(command: Command, path: string): Node[] {
  const commands = command.commands;
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const here = { path, commands, choices, options: command.options };
  return [here, ...commands.flatMap((child) => nodesIn(child, `${path} ${child.name()}`))];
}

function flagsOf({ long, short }: Option): string[] {
  return [long, short].filter((flag) => flag != null);
}

/**
 * zsh runs it by way of its own emulation of bash's completion. There `path` and `words` are the shell's own variables,
 * so the script has none of these names.
 */
function bashScript(nodes: readonly Node[], isForZsh: boolean): string {
  const quoted = (text: string) => `'${text}'`;
  const known = nodes.slice(1).map(({ path }) => quoted(path));
  const values = nodes.flatMap(({ path, options }) =>
    options.flatMap((option) => {
      if (!option.required && !option.optional) return [];
      const patterns = flagsOf(option)
        .map((flag) => quoted(`${path} ${flag}`))
        .join("|");
      const choices = option.argChoices?.join(" ");
      return [`    ${patterns}) ${choices === undefined ? "files=1" : `offered=${quoted(choices)}`} ;;`];
    }),
  );
  const words = nodes.map(({ path, commands, choices, options }) => {
    const names = [...commands.map((command) => command.name()), ...choices, ...options.flatMap(flagsOf), "--help"];
    return `    ${quoted(path)}) offered=${quoted(names.join(" "))} ;;`;
  });
  return [
    ...(isForZsh ? ["autoload -Uz +X compinit bashcompinit", "compinit", "bashcompinit"] : []),
    "_octogate() {",
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    "  local typed='' offered='' files='' index",
    "  for ((index = 1; index < COMP_CWORD; index++)); do",
    `    case "$typed \${COMP_WORDS[index]}" in ${known.join("|")}) typed="$typed \${COMP_WORDS[index]}" ;; esac`,
    "  done",
    '  case "$typed $previous" in',
    ...values,
    "  esac",
    '  if [ -z "$offered$files" ]; then case "$typed" in',
    ...words,
    "  esac; fi",
    '  if [ -z "$files" ]; then COMPREPLY=($(compgen -W "$offered" -- "$current")); return; fi',
    // A name may have spaces in it.
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(compgen -f -- "$current"))',
    "}",
    "complete -o filenames -F _octogate octogate",
  ].join("\n");
}

function fishScript(nodes: readonly Node[]): string {
  const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
  const lines = nodes.flatMap(({ path, commands, choices, options }) => {
    const typed = path.split(" ").slice(1);
    const inside = typed.map((word) => `__fish_seen_subcommand_from ${word}`);
    const names = commands.map((command) => command.name());
    const before = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(" ")}`];
    const where = (conditions: readonly string[]) =>
      conditions.length === 0 ? "" : ` -n ${quoted(conditions.join("; and "))}`;
    return [
      ...commands.map(
        (command) =>
          `complete -c octogate -f${where([...inside, ...before])} -a ${command.name()} -d ${quoted(command.summary() || command.description())}`,
      ),
      ...(choices.length === 0 ? [] : [`complete -c octogate -f${where(inside)} -a ${quoted(choices.join(" "))}`]),
      ...options.map((option) => {
        const short = option.short == null ? "" : ` -s ${option.short.slice(1)}`;
        const takesValue = option.required ? " -r" : " -f";
        const values = option.argChoices === undefined ? "" : ` -f -a ${quoted(option.argChoices.join(" "))}`;
        return `complete -c octogate${where([...inside, ...before])} -l ${option.long?.slice(2)}${short}${takesValue}${values} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return lines.join("\n");
}
