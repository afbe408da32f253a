/** `spyglass completion`: scripts for bash and zsh, generated from the declared commands. Names come from the running server. */
import { fail } from '../errors.ts'
import { type CommandDeclaration, commands as allCommands, type OptionDeclaration } from './commands.ts'
import type { Session } from './session.ts'

const commands = allCommands.filter(({ isInternal }) => !isInternal)

const scripts: Readonly<Record<string, () => string>> = { bash: bashScript, zsh: zshScript }

/** @throws SPY_ARGUMENT_UNKNOWN */
export function completion(shell: string, session: Session): void {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (!script)
    throw fail('SPY_ARGUMENT_UNKNOWN', [`There is no completion for ${shell}; there is for ${Object.keys(scripts).join(' and ')}`])
  session.print([script()])
}

export function bashScript(): string {
  return `# bash completion for spyglass, printed by \`spyglass completion bash\`
_spyglass_names() {
  local line="\${COMP_LINE:0:COMP_POINT}" words last found
  read -ra words <<< "$line"
  [[ $line == *' ' ]] && words+=('')
  last="\${words[-1]}"
  mapfile -t COMPREPLY < <(spyglass complete -- "\${words[@]:1}" 2>/dev/null)
  for found in "\${COMPREPLY[@]}"; do [[ $found == *[=.] ]] && compopt -o nospace 2>/dev/null; done
  # bash takes what follows a = for a word of its own
  [[ $last == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${last%"\${last##*=}"}"}")
}
_spyglass() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local first="\${COMP_WORDS[1]-}" second="\${COMP_WORDS[2]-}" command options
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${firstWords().join(' ')}" -- "$word"))
    return
  fi
  command="$first"
  case "$first $second" in
${twoWordCommands()
  .map(({ name }) => `    "${name}") ((COMP_CWORD > 2)) && command="${name}" ;;`)
  .join('\n')}
  esac
  case "$previous" in
${valueCases(bashAction)}
  esac
  case "$command" in
${commands.map(bashCommand).join('\n')}
${groups()
  .map(({ first, next }) => `    "${first}") COMPREPLY=($(compgen -W "${next.join(' ')}" -- "$word")) ; return ;;`)
  .join('\n')}
    *) return ;;
  esac
  [[ $word == -* ]] && COMPREPLY=($(compgen -W "$options" -- "$word"))
}
complete -F _spyglass spyglass`
}

function bashCommand({ name, options, completes, handsOnOptions = false }: CommandDeclaration): string {
  const list = [...Object.keys(options), 'help'].map((option) => `--${option}`).join(' ')
  const words =
    completes === 'shells' ? `COMPREPLY=($(compgen -W "${Object.keys(scripts).join(' ')}" -- "$word"))` : '_spyglass_names "$word"'
  const isNoOption = handsOnOptions ? '' : '[[ $word == -* ]] || '
  const argument = completes === undefined ? '' : ` ; ${isNoOption}${words}${handsOnOptions ? ' ; return' : ''}`
  return `    "${name}") options="${list}"${argument} ;;`
}

function bashAction({ completes }: OptionDeclaration): string {
  if (completes === 'file') return 'COMPREPLY=($(compgen -f -- "$word")) ; return'
  if (completes === 'folder') return 'COMPREPLY=($(compgen -d -- "$word")) ; return'
  return 'return'
}

export function zshScript(): string {
  return `#compdef spyglass
# zsh completion for spyglass, printed by \`spyglass completion zsh\`
_spyglass_names() {
  local -a names
  names=(\${(f)"$(spyglass complete -- "\${(@)_spyglass_typed}" "$PREFIX" 2>/dev/null)"})
  compadd -Q -- \${names:#*[=.]}
  compadd -Q -S '' -- \${(M)names:#*[=.]}
}
_spyglass() {
  local -a commands _spyglass_typed
  _spyglass_typed=("\${(@)words[2,CURRENT-1]}")
  if ((CURRENT == 2)); then
    commands=(
${firstWords()
  .map((word) => `      ${zshQuoted(`${word}:${summaryOf(word)}`)}`)
  .join('\n')}
    )
    _describe command commands
    return
  fi
  local command="$words[2]"
  case "$words[2] $words[3]" in
${twoWordCommands()
  .map(({ name }) => `    ${zshQuoted(name)}) ((CURRENT > 3)) && { command=${zshQuoted(name)}; shift words; ((CURRENT--)); } ;;`)
  .join('\n')}
  esac
  shift words
  ((CURRENT--))
  case "$command" in
${commands.map(zshCommand).join('\n')}
${groups()
  .map(({ first, next }) => `    ${zshQuoted(first)}) compadd -- ${next.join(' ')} ;;`)
  .join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _spyglass "$@"; else compdef _spyglass spyglass; fi`
}

function zshCommand({ name, options, completes, handsOnOptions = false }: CommandDeclaration): string {
  const specs = Object.entries(options).map(([option, declaration]) => zshQuoted(zshOption(option, declaration)))
  const action = completes === 'shells' ? `(${Object.keys(scripts).join(' ')})` : '_spyglass_names'
  const all = [
    ...specs,
    zshQuoted('--help[Shows the use of the command]'),
    ...(completes === undefined ? [] : [zshQuoted(`*:name:${action}`)]),
  ]
  const first = handsOnOptions ? '[[ $PREFIX == -* ]] && _spyglass_names ; ' : ''
  return `    ${zshQuoted(name)}) ${first}_arguments ${all.join(' ')} ;;`
}

function zshOption(option: string, { value, description, completes }: OptionDeclaration): string {
  const text = description.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
  const action = completes === 'file' ? '_files' : completes === 'folder' ? '_files -/' : ' '
  return value === undefined ? `--${option}[${text}]` : `--${option}=[${text}]:${value}:${action}`
}

const zshQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Options that take a value, by what completes it: bash knows only the word before. */
function valueCases(action: (declaration: OptionDeclaration) => string): string {
  const all = new Map(commands.flatMap(({ options }) => Object.entries(options)).filter(([, { value }]) => value !== undefined))
  return [...all].map(([option, declaration]) => `    --${option}) ${action(declaration)} ;;`).join('\n')
}

const twoWordCommands = (): readonly CommandDeclaration[] => commands.filter(({ name }) => name.includes(' '))

const firstWords = (): readonly string[] => [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))]

/** First words that need another: `token` of `token create`. */
function groups(): readonly { readonly first: string; readonly next: readonly string[] }[] {
  const firsts = new Set(twoWordCommands().map(({ name }) => name.split(' ')[0] ?? name))
  return [...firsts].map((first) => ({
    first,
    next: twoWordCommands().flatMap(({ name }) => (name.startsWith(`${first} `) ? (name.split(' ')[1] ?? []) : [])),
  }))
}

/** For a group, the summaries of its commands. */
function summaryOf(word: string): string {
  const own = commands.find(({ name }) => name === word) ?? commands.find(({ name }) => name.startsWith(`${word} `))
  return (own?.summary ?? '').replaceAll(':', String.raw`\:`)
}
