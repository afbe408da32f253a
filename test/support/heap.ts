/** The heap of another Node process, by its inspector. */
import { setTimeout as sleep } from 'node:timers/promises'
import { listeningPorts } from '../../runtime/src/decider/listening-ports.ts'
import { until } from './until.ts'

/** What NODE_OPTIONS must hold when the process starts. */
export const INSPECTABLE = '--inspect-port=127.0.0.1:0'

/** Finds its inspector, which it opens at the first call. */
export class HeapGauge {
  readonly #pid: number
  #port: number | undefined

  constructor(pid: number) {
    this.#pid = pid
  }

  /** Bytes in use after full collections, until another one frees nothing. */
  async usedBytes(): Promise<number> {
    using inspector = await connect((this.#port ??= await this.#open()))
    await inspector.call('HeapProfiler.enable')
    let last = Infinity
    for (;;) {
      await inspector.call('HeapProfiler.collectGarbage')
      const { usedSize } = (await inspector.call('Runtime.getHeapUsage')) as { usedSize: number }
      if (usedSize > last * 0.999) return Math.min(usedSize, last)
      last = usedSize
      await sleep(100) // finalizers and what follows from them
    }
  }

  async #open(): Promise<number> {
    const before = listeningPorts(this.#pid)
    process.kill(this.#pid, 'SIGUSR1')
    return until(() => [...listeningPorts(this.#pid)].find((port) => !before.has(port)))
  }
}

interface Inspector extends Disposable {
  call(method: string): Promise<unknown>
}

async function connect(port: number): Promise<Inspector> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
  const waiting = new Map<number, (result: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new TypeError(`no inspector at port ${port}`)))
  })
  let last = 0
  return {
    call(method) {
      const id = ++last
      socket.send(JSON.stringify({ id, method }))
      return new Promise((resolve) => waiting.set(id, resolve))
    },
    [Symbol.dispose]: () => socket.close(),
  }
}
