/** The page on the flash sale as a reader follows it, command by command. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Buyer } from '../support/buyers.ts'
import { serverAlone, startSuite } from '../support/suite.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/flash-sale.md'), 'utf8')
const [setUp, trial, look] = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, text = '']) => text.trimEnd().split('\n')) as [
  string[],
  string[],
  string[],
]

/** As a shell takes them apart. */
const wordsOf = (line: string): string[] => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

/** A machine that has no time makes admission refuse: then a buyer comes again. */
const admitted = (buyer: Buyer, method: string, path: string) =>
  until(async () => {
    const answer = await buyer.ask(method, path)
    return answer.status === 503 ? undefined : answer
  })

test('its commands open the sale, a buyer gets one lamp, and what was refused is shown', async () => {
  await using suite = await startSuite(tempFolder(), {}, [], serverAlone)
  const run = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await suite.run(...wordsOf(line).slice(1))
    expect([line, code, stderr]).toEqual([line, 0, ''])
    return stdout
  }
  const buyer = new Buyer(`${suite.urls.app}/flash-sale`, 'ann')
  for (const line of setUp) {
    await run(line)
    if (line.startsWith('spyglass deploy')) expect((await buyer.ask('GET', 'stock')).body['error']).toContain('the sale is not open yet')
  }
  // instances are replaced one after the other: all that answer must know
  await until(async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => buyer.ask('GET', 'health')))
    return asked.every(({ body }) => body['isOpen'] === true)
  })
  const answers = []
  for (const line of trial) {
    const [, path = ''] = /8080\/flash-sale\/([^' ]+)/.exec(line) ?? expect.unreachable()
    answers.push(await admitted(buyer, line.includes('-X POST') ? 'POST' : 'GET', path))
  }
  expect(answers.map(({ status }) => status)).toEqual([200, 202, 200, 200])
  expect(answers[2]?.body['order']).toBe(answers[1]?.body['order'])
  await until(async () => (await buyer.ask('GET', 'stock')).body['left'] === 99)
  const asked = await Promise.all(Array.from({ length: 20 }, () => buyer.ask('POST', 'buy')))
  expect(asked.filter(({ status }) => status !== 200).length).toBeGreaterThan(0) // an account has five in ten seconds, in each instance
  const refusals = await until(async () => {
    const told = await run(look[0]!)
    return /rate_limited|key_in_flight|overloaded|queue/.test(told) ? told : undefined
  })
  expect(refusals).toContain('application.flash-sale-')
  for (const line of look.slice(1)) expect((await run(line)).length).toBeGreaterThan(0)
})
