import { codeOf } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { Commands, type CommandsOptions } from '../../../runtime/src/keeper/commands.ts'
import type { Slot } from '../../../runtime/src/keeper/slot.ts'

function commandsOver(failing?: string) {
  const done: string[] = []
  const notes: string[] = []
  const slots = new Map(
    ['store', 'http-1', 'http-2'].map((name) => {
      const reload = async (): Promise<void> => {
        if (name === failing) throw new TypeError('it does not start')
        done.push(name)
      }
      return [name, { name, generations: 2, restarts: 0, current: { pid: 7 }, reload } as unknown as Slot]
    }),
  )
  const options: CommandsOptions = {
    slots,
    instances: [slots.get('http-1')!, slots.get('http-2')!],
    resourceOf: ({ name }) => `resource of ${name}`,
    note: ({ name, resource }) => notes.push(`${name} ${resource}`),
  }
  return { commands: new Commands(options), done, notes }
}

test('a reload of nothing by name is one of all instances, one after the other, each with its event', async () => {
  const { commands, done, notes } = commandsOver()
  expect(await commands.run('reload', '')).toBe('reloaded http-1, http-2')
  expect(done).toEqual(['http-1', 'http-2'])
  expect(notes).toEqual(['spyglass.instance.reloaded resource of http-1', 'spyglass.instance.reloaded resource of http-2'])
})

test('a service is reloaded without an event of an instance', async () => {
  const { commands, done, notes } = commandsOver()
  await commands.run('reload', 'store')
  expect([done, notes]).toEqual([['store'], []])
})

test('a failed reload is reported, by event and to the caller, and ends the series', async () => {
  const { commands, done, notes } = commandsOver('http-1')
  await expect(commands.run('reload', '')).rejects.toThrow('it does not start')
  expect([done, notes]).toEqual([[], ['spyglass.instance.reload_failed resource of http-1']])
})

test('what is unknown or unsupported is refused with what there is', async () => {
  const { commands } = commandsOver()
  await expect(commands.run('reload', 'http-9')).rejects.toThrow('store, http-1, http-2')
  expect(codeOf(await commands.run('stop', '').catch((error: unknown) => error))).toBe('SPY_SERVER_REFUSED')
})
