import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from '../../../runtime/src/cli/commands.ts'
import { bashScript, zshScript } from '../../../runtime/src/cli/completion.ts'
import { requireTool } from '../../support/require-tool.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** What bash offers after these words, the last of which is being typed. `spyglass complete` is played by a function. */
function bashOffers(...words: readonly string[]): string[] {
  const script = join(tempFolder(), 'completion.bash')
  writeFileSync(
    script,
    `spyglass() { printf '%s\\n' instance.http-1 instance.http-2; }
${bashScript()}
COMP_WORDS=(spyglass "$@") COMP_CWORD=$#
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
  expect(bashOffers('get', 'instance.')).toEqual(['instance.http-1', 'instance.http-2'])
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
