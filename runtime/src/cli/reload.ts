/** `spyglass reload`. */
import type { Invocation } from './parse.ts'
import type { Session } from './session.ts'

export async function reload({ values, words }: Invocation, session: Session): Promise<void> {
  const client = await session.connect(values)
  const message = String(await client.call('reload', { instance: words[0] ?? '' }))
  session.print([values['json'] ? JSON.stringify({ message }) : message])
}
