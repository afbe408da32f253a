/** The hooks of an application's life: functions that a module of it exports. */
import { pathToFileURL } from 'node:url'

export type LifecycleEvent = 'started' | 'stopping' | 'stopped'

/** How long a hook may take. */
const HOOK_MS = 5000

export interface LifecycleHooks {
  /** Calls the hook and waits for it, for at most five seconds; what it throws is reported. Never rejects. */
  call(event: LifecycleEvent): Promise<void>
}

export const noHooks: LifecycleHooks = { call: async () => undefined }

/** Loads the module. @throws what it throws */
export async function loadLifecycle(file: string, onError: (event: LifecycleEvent, error: unknown) => void): Promise<LifecycleHooks> {
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  const exported = { ...(module['default'] as object | undefined), ...module } as Readonly<Record<string, unknown>>
  return {
    async call(event) {
      const hook = exported[event]
      if (typeof hook !== 'function') return
      try {
        await Promise.race([(hook as () => unknown)(), late(event)])
      } catch (error) {
        onError(event, error)
      }
    },
  }
}

function late(event: LifecycleEvent): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new DOMException(`${event} took longer than ${HOOK_MS} ms`, 'TimeoutError')), HOOK_MS).unref()
  })
}
