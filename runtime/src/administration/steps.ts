/** What a command asks for, as steps of a change. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { formatName, matcherOf, parseName } from '@spyglass/process/settings'
import type { Step } from './changes.ts'
import { fail } from './errors.ts'
import { type Path, settingsOf, targetOf } from './settings-tree.ts'
import { entryFrom, SECRET, valueFrom } from './setting-value.ts'

/** @throws SPY_ADMIN_NAME_UNKNOWN, SPY_ADMIN_NOT_A_SETTING, SPY_ADMIN_FIXED */
export function setSteps(values: Readonly<Record<string, unknown>>, settings: SpyglassConfig): readonly Step[] {
  return Object.entries(values).flatMap(([name, value]) =>
    pathsNamed(name, settings).map((path): Step => {
      const target = targetOf(path)
      if (target.type !== 'setting')
        throw fail('SPY_ADMIN_NOT_A_SETTING', [name, target.type === 'entry' ? 'an entry of a list' : 'a section'])
      refuseFixed(path)
      if (value === null) return { do: 'reset', path }
      return { do: 'set', path, value: valueFrom(refusedMask(name, value), target.node, target.within) }
    }),
  )
}

/** @throws SPY_ADMIN_NAME_UNKNOWN, SPY_ADMIN_NOT_A_SETTING */
export function createStep(name: string, values: Readonly<Record<string, unknown>>): Step {
  const path = parseName(name)
  const target = targetOf(path)
  if (target.type !== 'entry') throw fail('SPY_ADMIN_NOT_A_SETTING', [name, 'no entry of a list'])
  return { do: 'create', path, values: entryFrom(values, target.node.settings, name) }
}

/** @throws SPY_ADMIN_NAME_UNKNOWN, SPY_ADMIN_NOT_A_SETTING, SPY_ADMIN_FIXED */
export function removalStep(name: string): Step {
  const path = parseName(name)
  const target = targetOf(path)
  if (target.type === 'section') throw fail('SPY_ADMIN_NOT_A_SETTING', [name, 'a section'])
  if (target.type === 'entry') return { do: 'delete', path }
  refuseFixed(path)
  return { do: 'reset', path }
}

/** The settings that a name with wildcards stands for. */
function pathsNamed(name: string, settings: SpyglassConfig): readonly Path[] {
  if (!/(^|[^\\])(\\\\)*\*/.test(name)) return [parseName(name)]
  const matches = matcherOf(name)
  const paths = settingsOf(settings).map(({ path }) => path)
  const found = paths.filter((path) => matches(formatName(path)))
  if (found.length === 0) throw fail('SPY_ADMIN_NAME_UNKNOWN', [name])
  return found
}

/** What is shown in place of a secret is no value: who sends back what was read would lose the secret. @throws SPY_ADMIN_VALUE */
function refusedMask(name: string, value: unknown): unknown {
  const texts = typeof value === 'object' && value !== null ? Object.values(value) : [value]
  if (texts.some((text) => typeof text === 'string' && text.includes(SECRET)))
    throw fail('SPY_ADMIN_VALUE', [name, SECRET, 'a value, but what is shown in place of a secret'])
  return value
}

function refuseFixed(path: Path): void {
  const [first, , third] = path
  if (first === 'data') throw fail('SPY_ADMIN_FIXED', [formatName(path), 'the changes themselves are in that folder; set it in the file'])
  const list = path.length > 2 ? targetOf(path.slice(0, -1)) : undefined
  if (list?.type === 'entry' && list.node.key.includes(path.at(-1) ?? third ?? ''))
    throw fail('SPY_ADMIN_FIXED', [formatName(path), 'it names the entry; delete the entry and create another'])
}
