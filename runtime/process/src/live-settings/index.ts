export * from './live-settings.ts'
