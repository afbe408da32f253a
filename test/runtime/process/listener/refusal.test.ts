import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { answerOnSocket } from '../../../../runtime/process/src/listener/refusal.ts'

test('a client that breaks off instead of reading why its upgrade is refused ends nothing but its connection', () => {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  answerOnSocket(socket, 'overloaded_limit')
  expect(() => socket.emit('error', new Error('ECONNRESET'))).not.toThrow()
})
