export { Admission } from './admission.ts'
export type { AdmissionSettings, Overload } from './admission-settings.ts'
export type { Gate } from './gate.ts'
export { retryAfterS } from './retry-after.ts'
