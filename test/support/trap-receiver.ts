/** snmptrapd of the distribution on a port of its own, with what it printed. */
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tempFolder } from './temp-folder.ts'
import { until } from './until.ts'

async function freeUdpPort(): Promise<number> {
  const socket = dgram.createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

export async function trapReceiver(): Promise<{ port: number; text: () => string }> {
  const port = await freeUdpPort()
  const folder = tempFolder()
  const conf = join(folder, 'snmptrapd.conf')
  writeFileSync(conf, 'authCommunity log public\n')
  const child = spawn('snmptrapd', ['-f', '-C', '-c', conf, '-Lo', '-On', '-m', '', `udp:127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SNMP_PERSISTENT_DIR: folder },
  })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  onTestFinished(() => void child.kill())
  await until(() => text.includes('NET-SNMP version'))
  return { port, text: () => text }
}
