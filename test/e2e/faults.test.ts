/** Nine good applications beside one that is broken, one that crashes every second and one that hangs: the good ones notice nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { command, sql } from '../support/clients.ts'
import { underLoad } from '../support/request-load.ts'
import { requireTool } from '../support/require-tool.ts'
import { startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const serve = (text: string, more = ''): string =>
  `import http from 'node:http'\nhttp.createServer((request, response) => response.end('${text}')).listen(3000)\n${more}`

const good = Array.from({ length: 9 }, (_, at) => `good${at + 1}`)
const bad: Readonly<Record<string, { readonly main: string; readonly reason: RegExp; readonly kind: string }>> = {
  broken: { main: `import 'no-such-module'\n${serve('never')}`, reason: /Cannot find package 'no-such-module'/, kind: 'start' },
  crashing: {
    main: serve('now', `setTimeout(() => { throw new Error('every second') }, 1000)`),
    reason: /exited with code 1: Error: every second/,
    kind: 'exit',
  },
  hanging: {
    main: serve('now', 'setTimeout(function spin() { for (;;); }, 500)'),
    reason: /hung: no heartbeat for .*it was blocked in spin .*main\.mjs/,
    kind: 'hang',
  },
}
const BACK_OFF_MS = 200

const root = mkdtempSync(join(tmpdir(), 'spyglass-faults-'))
const applications = join(root, 'applications')
let suite: Suite
let ports: Readonly<Record<string, number>>

function write(name: string, main: string): string {
  const folder = join(applications, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"main":"main.mjs"}')
  writeFileSync(join(folder, 'main.mjs'), main)
  return folder
}

beforeAll(async () => {
  const alone = [...good, ...Object.keys(bad)]
  suite = await startSuite(root, {
    server: { backOffFirstMs: BACK_OFF_MS },
    listeners: [...alone, 'both'].map((name, at) => ({ name: `${name}-http`, port: 8300 + at })),
    applications: [
      ...good.map((name) => ({ name, folder: write(name, serve(name)), listener: `${name}-http` })),
      ...Object.entries(bad).map(([name, { main }]) => ({
        name,
        folder: write(name, main),
        listener: `${name}-http`,
        enabled: false,
        quarantineAfter: name === 'hanging' ? 2 : 3,
        hangPatienceMs: 1000,
      })),
      ...['left', 'right'].map((name) => ({
        name,
        folder: write(name, serve(name)),
        listener: 'both-http',
        contextPath: `/${name}`,
        isolation: 'shared',
      })),
    ],
    logs: { access: { enabled: false } },
    snmp: { community: 'public' },
  })
  ports = Object.fromEntries(suite.config.listeners.map(({ name, port }) => [name.replace('-http', ''), port]))
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

interface Answer {
  readonly status: number | undefined
  readonly retryAfter: string | undefined
}

function ask(listener: string, path = '/', agent: http.Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port: ports[listener], path, agent }, (response) => {
        response.resume().on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] }))
      })
      .on('error', reject)
  })
}

/** Asks all of these again and again, every other time on a connection that stays open. */
function load(listeners: readonly string[]) {
  const agent = new http.Agent({ keepAlive: true })
  const failures: string[] = []
  let [answers, isRunning] = [0, true]
  const clients = listeners.map(async (listener) => {
    for (let at = 0; isRunning; at++) {
      const answer = await ask(listener, '/', at % 2 === 0 && agent).catch(String)
      if (typeof answer !== 'string' && answer.status === 200) answers++
      else failures.push(`${listener}: ${JSON.stringify(answer)}`)
      await sleep(5)
    }
  })
  return {
    failures,
    answers: () => answers,
    async stop() {
      isRunning = false
      await Promise.all(clients)
      agent.destroy()
    },
  }
}

type Values = Readonly<Record<string, unknown>>

async function instance(name: string): Promise<Values> {
  const answer = await fetch(`${suite.urls.management}/jolokia/read/spyglass:type=Instance,name=${name}`)
  return ((await answer.json()) as { value?: Values }).value ?? {}
}

/** Waits until an instance is reported so. On a machine with many jobs a process has little time of its own, and so hangs slowly. */
async function seen(name: string, expected: Values): Promise<void> {
  await until(async () => {
    expect(await instance(name)).toMatchObject(expected)
    return true
  }, 200_000)
}

/** Milliseconds between each unexpected end of an instance and the moment when it was ready again. */
function pauses(name: string): number[] {
  const lines = readFileSync(join(suite.data, 'logs/server.log'), 'utf8').split('\n')
  const entries = lines.flatMap((line) => {
    if (!line.includes(`"part":"${name}"`)) return []
    const { time, msg } = JSON.parse(line) as { time: number | string; msg: string }
    return [{ time: new Date(time).getTime(), msg }]
  })
  const ends = entries.filter(({ msg }) => msg.startsWith('exited unexpectedly'))
  return ends.flatMap(({ time }) => {
    const next = entries.find((entry) => entry.time >= time && entry.msg === 'ready')
    return next ? [next.time - time] : []
  })
}

test('a listener whose only application is disabled answers 503 with Retry-After', async () => {
  expect(await ask('broken')).toEqual({ status: 503, retryAfter: '2' })
})

test('good applications lose no request beside a broken, a crashing and a hanging one, which end in quarantine with their reasons everywhere', async (context) => {
  const clients = load(good)
  onTestFinished(() => clients.stop())
  await until(() => clients.answers() > 100)
  for (const name of Object.keys(bad)) expect(await suite.run('set', `applications.${name}.enabled=true`)).toMatchObject({ code: 0 })
  for (const [name, { reason }] of Object.entries(bad)) {
    const failed = { state: 'failed', lastFailure: expect.stringMatching(reason) as string }
    await seen(`${name}-1`, failed)
  }
  const before = clients.answers()
  await until(() => clients.answers() > before + 100)
  await clients.stop()
  expect(clients.failures).toEqual([])
  for (const name of good) expect(await instance(`${name}-1`)).toMatchObject({ state: 'ready', restarts: 0 })

  const status = (await suite.run('status')).stdout
  const metrics = await (await fetch(`${suite.urls.management}/metrics`)).text()
  const agent = ['-v2c', '-c', 'public', '-Oqv', `127.0.0.1:${suite.config.snmp.port}`]
  const snmp = await command(requireTool(context, 'snmpwalk'), [...agent, `${suite.config.snmp.root}.1.2.1.22`]) // sgInstanceLastFailure
  for (const [name, { reason, kind }] of Object.entries(bad)) {
    expect(status).toMatch(new RegExp(`instance ${name}-1 +failed .*\\n  last failure: .*${reason.source}`))
    expect(status).toMatch(new RegExp(`application ${name} +failed +at / in ${name}-1`))
    expect(metrics).toMatch(new RegExp(`^spyglass_instance_state\\{.*process="${name}-1".*state="failed".*\\} 1$`, 'm'))
    expect(metrics).toMatch(new RegExp(`^spyglass_instance_last_failure_kind\\{.*process="${name}-1".*="${kind}".*\\} 1$`, 'm'))
    expect(snmp).toMatch(reason)
  }
  const quarantined = "SELECT count() AS n FROM spyglass.events WHERE Name = 'spyglass.instance.quarantined'"
  await until(async () => Number((await sql(suite, quarantined))[0]?.['n']) === Object.keys(bad).length)
  const [first = 0, second = 0, ...more] = pauses('crashing-1')
  expect([first >= BACK_OFF_MS, second >= 2 * BACK_OFF_MS, more]).toEqual([true, true, []])
  expect(await ask('crashing')).toEqual({ status: 503, retryAfter: '2' })
})

test('counters go on when their process is reloaded and when management is restarted', async () => {
  const five = async (total: number): Promise<void> => {
    for (let at = 0; at < 5; at++) expect((await ask('both', '/left/')).status).toBe(200)
    await seen('both-http-1', { requests: total })
  }
  await five(5)
  for (let at = 0; at < 5; at++) await ask('both', '/left/') // counted although their process ends before its next push
  expect(await suite.run('reload', 'both-http')).toMatchObject({ code: 0 })
  await seen('both-http-1', { requests: 10, reloads: 1 })
  const pid = suite.pidOf('management')
  process.kill(pid, 'SIGKILL')
  await until(() => suite.pidOf('management') !== pid)
  await five(15)
})

test('a reload in which one application of a shared process newly fails fails, and the old generation serves both without a lost request', async () => {
  const statuses = async (): Promise<(number | undefined)[]> => [
    (await ask('both', '/left/')).status,
    (await ask('both', '/right/')).status,
  ]
  expect(await statuses()).toEqual([200, 200])
  write('right', `throw new Error('right is broken')`)
  const { code, stderr } = await suite.run('reload', 'both-http')
  expect([code, stderr]).toEqual([expect.toSatisfy((n: number) => n !== 0), expect.stringContaining('right is broken')])
  expect(await statuses()).toEqual([200, 200])
  await seen('both-http-1', { state: 'ready', reloads: 1, lastFailure: expect.stringContaining('right is broken') as string })
  write('right', serve('right'))
  expect(await suite.run('reload', 'both-http')).toMatchObject({ code: 0 })
  await seen('both-http-1', { reloads: 2 })
})

test('the name of an application that shares a process reloads that process: new code is served, and neither loses a request', async () => {
  const address = (name: string): string => `http://127.0.0.1:${ports['both']}/${name}/`
  const before = Number((await instance('both-http-1'))['reloads'])
  write('left', `export default () => (request, response) => response.end('newer')`)
  const right = underLoad(address('right'), /^200 /, async () => {
    const left = await underLoad(address('left'), /^200 /, async () => {
      expect(await suite.run('reload', 'left')).toMatchObject({ code: 0 })
    })
    expect(left.failures).toEqual([])
  })
  expect((await right).failures).toEqual([])
  expect(await (await fetch(address('left'))).text()).toBe('newer')
  await seen('both-http-1', { reloads: before + 1 })
})
