import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logs } from '../../../runtime/src/cli/logs.ts'
import { parseCommand } from '../../../runtime/src/cli/parse.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const line = (process: string, msg: string): string => JSON.stringify({ level: 'info', process, msg })

function world() {
  const data = tempFolder()
  const file = join(data, 'logs/server.log')
  mkdirSync(join(data, 'logs'))
  writeFileSync(file, `${[line('shop-1', 'a'), line('office-1', 'b'), 'no JSON', line('shop-2', 'c'), line('shop', 'd')].join('\n')}\n`)
  return { data, file }
}

test('it follows the log over a rotation', async () => {
  const { data, file } = world()
  const printed: string[] = []
  const stop = new Error('enough')
  const session = {
    print(lines: readonly string[]) {
      printed.push(...lines)
      if (printed.length === 1) appendFileSync(file, `${line('shop-1', 'e')}\n${line('office-1', 'f')}\n`)
      if (printed.length === 2) {
        renameSync(file, `${file}.1`)
        writeFileSync(file, `${line('shop-2', 'g')}\n`)
      }
      if (printed.length === 3) throw stop
    },
    connect: () => Promise.reject(stop),
  }
  await expect(logs(parseCommand(['logs', 'shop', '-f', '-n', '1', '--data', data]), session)).rejects.toBe(stop)
  expect(printed.map((text) => (JSON.parse(text) as { msg: string }).msg)).toEqual(['d', 'e', 'g'])
})

test('without a log, and with a number that is none, it says so', async () => {
  const session = { print: () => {}, connect: () => Promise.reject(new Error('not needed')) }
  await expect(logs(parseCommand(['logs', '--data', tempFolder()]), session)).rejects.toMatchObject({ code: 'SPY_ARGUMENT_UNKNOWN' })
  await expect(logs(parseCommand(['logs', '-n', 'many']), session)).rejects.toMatchObject({ code: 'SPY_ARGUMENT_UNKNOWN' })
})
