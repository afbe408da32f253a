import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { startSuite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { slowdown } from '../support/slowdown.ts'

/** Begins a request whose headers never end; returns the answer and how long it took. */
async function slowly(port: number): Promise<{ answer: string; ms: number }> {
  const start = performance.now()
  const socket = net.connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/pl')
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  await once(socket, 'close')
  return { answer, ms: performance.now() - start }
}

test('headers that do not end are cut in the same time on every port', async () => {
  await using suite = await startSuite(tempFolder(), { server: { headersTimeoutMs: 800 } }, ['--demo'])
  const ports = Object.values(suite.urls).map((url) => Number(new URL(url).port))
  expect(new Set(ports).size).toBe(5)
  const cut = async (port: number): Promise<void> => {
    const { answer, ms } = await slowly(port)
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(ms).toBeGreaterThan(790)
    expect(ms).toBeLessThan(9000 * pace) // far below the default: the setting holds everywhere
  }
  const pace = slowdown()
  await Promise.all(ports.map(cut))
})
