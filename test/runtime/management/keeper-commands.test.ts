import type { FromChild } from '@spyglass/process/keeper-link'
import { expect, test } from 'vitest'
import { KeeperCommands } from '../../../runtime/src/management/keeper-commands.ts'

test("each command settles with its own answer, a refusal with the keeper's reason", async () => {
  const sent: Extract<FromChild, { type: 'command' }>[] = []
  const commands = new KeeperCommands((message) => message.type === 'command' && sent.push(message))
  const first = commands.run('reload', 'http-1')
  const second = commands.run('reload', 'http-2')
  commands.onResult({ type: 'result', id: sent[1]!.id, ok: false, message: 'it is being reloaded already' })
  commands.onResult({ type: 'result', id: sent[0]!.id, ok: true, message: 'reloaded http-1' })
  commands.onResult({ type: 'result', id: 99, ok: true, message: 'nobody asked' })
  await expect(first).resolves.toBe('reloaded http-1')
  await expect(second).rejects.toMatchObject({ code: 'SPY_SERVER_REFUSED', message: 'it is being reloaded already' })
})
