import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from '../../../runtime/src/cli/commands.ts'
import { bashScript, zshScript } from '../../../runtime/src/cli/completion.ts'
import { requireTool } from '../../support/require-tool.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** `spyglass complete` is played by a function: it says what it was asked for. */
const ASKED = `spyglass() { shift 2; printf '%s\\n' instance.http-1 instance.http-2 "asked:$*" applications.shop.enabled=true agent. max=; }`

/** What bash offers after these words, the last of which is being typed. */
function bashOffers(...words: readonly string[]): string[] {
  const script = join(tempFolder(), 'completion.bash')
  writeFileSync(
    script,
    `${ASKED}
${bashScript()}
COMP_WORDS=(spyglass "$@") COMP_CWORD=$# COMP_LINE="spyglass $*"
COMP_POINT=\${#COMP_LINE}
_spyglass
printf '%s\\n' "\${COMPREPLY[@]}"`,
  )
  return execFileSync('bash', [script, ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
}

test('bash completes commands, their options, names of resources, and the second word of a command', () => {
  expect(bashOffers('st')).toEqual(['store', 'status', 'start', 'stop'])
  expect(bashOffers('get', '--j')).toEqual(['--json'])
  expect(bashOffers('get', 'instance.')).toContain('instance.http-1')
  expect(bashOffers('dashboards', '')).toEqual(['build'])
  expect(bashOffers('dashboards', 'build', '--o')).toEqual(['--out'])
  expect(bashOffers('completion', '')).toEqual(['bash', 'zsh'])
})

test('bash completes files and folders after the options that take one, and nothing after the others', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'spyglass.yaml'), '')
  expect(bashOffers('up', '--config', join(folder, 'spy'))).toEqual([join(folder, 'spyglass.yaml')])
  expect(bashOffers('up', '--data', join(folder, 'spy'))).toEqual([])
  expect(bashOffers('up', '--port-offset', '')).toEqual([])
})

test('every command and option is in both scripts', () => {
  for (const { name, options, isInternal } of commands) {
    if (isInternal) continue
    for (const script of [bashScript(), zshScript()]) {
      expect(script).toContain(name)
      for (const option of Object.keys(options)) expect(script).toContain(`--${option}`)
    }
  }
})

test('zsh loads its script and completes with it', (context) => {
  const zsh = requireTool(context, 'zsh')
  const folder = tempFolder()
  writeFileSync(join(folder, '_spyglass'), zshScript())
  const code = `fpath=(${folder} $fpath); autoload -Uz compinit; compinit -D -u; print -r -- $_comps[spyglass]; autoload +X _spyglass; print -r -- \${+functions[_spyglass]}`
  expect(execFileSync(zsh, ['-f', '-c', code], { encoding: 'utf8' })).toBe('_spyglass\n1\n')
})

test('bash asks the server with the whole line, and offers what it answers', () => {
  expect(bashOffers('invoke', 'instance.shop-1', 'profile', '')).toContain('asked:invoke instance.shop-1 profile ')
  expect(bashOffers('undeploy', '--reason', 'x', 's')).toContain('asked:undeploy --reason x s')
  expect(bashOffers('invoke', 'instance.shop-1', '--sec')).toContain('asked:invoke instance.shop-1 --sec')
  expect(bashOffers('set', 'applications.shop.enabled=t')).toContain('true') // the part after the =, which bash takes for a word
})

/** What zsh makes of a line at the Tab key, in a terminal. */
function zshLine(zsh: string, line: string, answers: readonly string[]): string {
  const folder = tempFolder()
  writeFileSync(join(folder, '_spyglass'), zshScript())
  writeFileSync(
    join(folder, '.zshrc'),
    `spyglass() { print -r -- "$*" >> ${folder}/asked; print -rl -- ${answers.map((one) => `'${one}'`).join(' ')} }
fpath=(${folder} $fpath); autoload -Uz compinit; compinit -D -u
probe() { zle complete-word; print -r -- "$BUFFER|" > ${folder}/line; exit }
zle -N probe; bindkey '^T' probe`,
  )
  const driver = join(folder, 'driver.zsh')
  writeFileSync(
    driver,
    `zmodload zsh/zpty; zpty z env ZDOTDIR=${folder} TERM=dumb ${zsh} -i
zpty -w -n z ${JSON.stringify(line)}$'\\x14'
until [[ -s ${folder}/line ]]; do zpty -r -t z output; sleep 0.05; done; zpty -d z`,
  )
  execFileSync(zsh, ['-f', driver], { stdio: 'ignore' })
  return `${readFileSync(join(folder, 'line'), 'utf8').trimEnd()} asked: ${readFileSync(join(folder, 'asked'), 'utf8').trimEnd()}`
}

test('zsh completes a line at the Tab key with what the server answers to the whole line', (context) => {
  const zsh = requireTool(context, 'zsh')
  expect(zshLine(zsh, 'spyglass get instance.http-1.sta', ['instance.http-1.state'])).toBe(
    'spyglass get instance.http-1.state | asked: complete -- get instance.http-1.sta',
  )
  expect(zshLine(zsh, 'spyglass set agent.slowStatementMs', ['agent.slowStatementMs='])).toMatch(/^spyglass set agent\.slowStatementMs=\| /)
  expect(zshLine(zsh, 'spyglass invoke instance.shop-1 profile sec', ['seconds='])).toBe(
    'spyglass invoke instance.shop-1 profile seconds=| asked: complete -- invoke instance.shop-1 profile sec',
  )
  expect(zshLine(zsh, 'spyglass invoke instance.shop-1 profile --sec', ['--seconds'])).toContain('profile --seconds |')
})
