import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { awaitPredecessors, probePorts, serverMark } from '../../../runtime/src/holder/predecessors.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A process of a server whose keeper is gone. */
async function left(data: string, seconds: number) {
  const child = spawn('sleep', [String(seconds)], { env: { ...process.env, ...serverMark(data) } })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child
}

test.runIf(process.platform === 'linux')(
  'the processes of the last keeper on this data folder are waited for, those of other folders not',
  async () => {
    const data = tempFolder()
    const mine = await left(data, 1)
    const other = await left(tempFolder(), 60)
    const ended = once(mine, 'exit')
    await awaitPredecessors(data)
    expect([await ended, other.exitCode]).toEqual([[0, null], null]) // it was not killed
  },
)

test.runIf(process.platform === 'linux')('what does not go is killed', async () => {
  const data = tempFolder()
  const child = await left(data, 60)
  const ended = once(child, 'exit')
  await awaitPredecessors(data, 100)
  expect(await ended).toEqual([null, 'SIGKILL'])
})

test('a taken port is reported at once; after a crash it may become free', async () => {
  const port = await freePort()
  const ports = [{ name: 'management', host: '127.0.0.1', port }]
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await expect(probePorts(ports, false)).rejects.toMatchObject({ code: 'SPY_PORT_TAKEN' })
  const probing = probePorts(ports, true)
  setTimeout(() => server.close(), 200)
  await probing
})
