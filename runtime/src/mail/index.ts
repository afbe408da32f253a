export { mailType } from './mail-type.ts'
export type { Mailer } from './mailer.ts'
export type { Mail, SentMail } from './transport.ts'
