/** The page on overload as a reader follows it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusals } from '@spyglass/process/listener'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { openPlace } from '../runtime/application/fixture.ts'
import { ROOT } from '../support/sources.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/overload.md'), 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text]) => text!)
const settingsOf = (text: string) => checkedSettings(parse(text) as Settings, { origin: 'spyglass.yaml', from: '/' })

const HOLDING = `export default () => {
  const held = []
  return (req, res) => {
    if (req.url.startsWith('/go')) {
      for (const each of held.splice(0)) each.end('held')
      res.end()
    } else held.push(res)
  }
}`

test('its weights hold: the search is refused when half of the limit is taken, everything when all of it is', async () => {
  const [application] = settingsOf(blocksOf('yaml')[0]!).applications
  const { admission } = application!
  await using place = openPlace()
  const { url, host } = await place.deploy([
    { name: 'shop', contextPath: '/', files: HOLDING, admission: { ...admission, maxInFlight: 4 }, health: { path: '/go' } },
  ])
  const held: Promise<Response>[] = []
  const hold = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) held.push(fetch(`${url}/cart`))
    await expect.poll(() => place.read('shop', 'activeRequests')).toBe(held.length)
  }
  await hold(2)
  const search = await fetch(`${url}/search?q=1`)
  expect([search.status, search.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  await hold(2)
  expect((await fetch(`${url}/checkout`)).status).toBe(503) // maxInFlight holds for all
  expect((await fetch(`${url}/go`)).status).toBe(200)
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  await host.stop(1000)
})

test('it names each reason, with the setting behind it', () => {
  const named = [...page.matchAll(/^\| `(overloaded_\w+)`/gm)].map(([, name]) => name)
  const known = Object.keys(refusals).filter((name) => name.startsWith('overloaded_'))
  expect(new Set(named)).toEqual(new Set(known))
})
