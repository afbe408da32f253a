import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { HttpListener, registerListener } from '@spyglass/process/listener'
import { expect, test } from 'vitest'

test('a listener is shown under its process and name until it is taken away, with what it counts now', () => {
  const registry = createRegistry({ kindNamed })
  const listener = new HttpListener()
  const hide = registerListener(registry, 'shop-1', { name: 'http', host: '127.0.0.1', port: 8080 }, listener)
  const shown = registry.find('spyglass:type=Listener,instance=shop-1,name=http')
  const read = (...names: readonly string[]) => names.map((name) => shown?.read(name))
  expect(read('host', 'port', 'protocol', 'state', 'requests')).toEqual(['127.0.0.1', 8080, 'http', 'closed', 0])
  listener.countRequest()
  listener.countRefusal('body_too_large')
  expect(read('requests', 'refused', 'malformed', 'overLimit')).toEqual([1, 1, 1, 0])
  hide()
  expect(registry.find('spyglass:type=Listener,instance=shop-1,name=http')).toBeUndefined()
})
