import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { up } from '../../../runtime/src/server/up.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a port that is in use ends the start, and the data folder is free again', async () => {
  const other = net.createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const folder = tempFolder()
  const config = join(folder, 'spyglass.yaml')
  const { port } = other.address() as AddressInfo
  writeFileSync(config, `data: ${join(folder, 'data')}\nmanagement: { port: ${port} }\n`)
  for (let time = 1; time <= 2; time++)
    await expect(up({ config, 'port-offset': '0' }, 'edge')).rejects.toMatchObject({ code: 'SPY_PORT_TAKEN' })
})
