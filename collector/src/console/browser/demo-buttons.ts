/** Buttons that `--demo` adds to the inbox: each makes one of the two headline incidents, which is then paged above. */
import { act } from './administration/act.ts'
import { h } from './dom.ts'
import { t } from './language.ts'
import { keep } from './patch.ts'

export function demoButtons(done: () => void): HTMLElement {
  const outcome = h('span', { class: 'outcome-place', 'aria-live': 'polite' })
  const press = async (name: string): Promise<void> => {
    if (await act(outcome, `demo/${name}`, { method: 'POST' })) done()
  }
  const button = (label: string, name: string, title: string): HTMLElement =>
    h('button', { type: 'button', title, onclick: () => void press(name) }, label)
  return keep(
    h(
      'p',
      { class: 'filters' },
      t('Demo: '),
      button(t('Drain the pool'), 'drain', t('Takes all connections of the shop for 45 s: its requests wait, and the pool is paged')),
      button(t('Kill the instance'), 'kill', t('Kills the instance again and again until it is paged; it recovers by itself')),
      outcome,
    ),
  )
}
