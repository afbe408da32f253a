/** The fields that every change has: why, and for how long. */
import { type Child, h } from '../dom.ts'

export interface How {
  readonly elements: Child
  parameters(isDry?: boolean): Readonly<Record<string, string | undefined>>
}

/** `hasEnd`: whether it may be taken back by itself after a time. */
export function createHow(hasEnd: boolean): How {
  const reason = h('input', { type: 'text', 'aria-label': 'Reason', placeholder: 'why', maxlength: 1000, autocomplete: 'off' })
  const time = h('input', {
    type: 'text',
    'aria-label': 'For',
    placeholder: 'for good',
    pattern: String.raw`\d{1,9}[smhd]`,
    title: '90s, 30m, 8h or 7d',
    size: 8,
    autocomplete: 'off',
  })
  return {
    elements: [h('label', {}, 'Reason ', reason), hasEnd && h('label', {}, 'For ', time)],
    parameters: (isDry = false) => ({
      reason: reason.value || undefined,
      for: (hasEnd && time.value) || undefined,
      dryRun: isDry ? 'true' : undefined,
    }),
  }
}
