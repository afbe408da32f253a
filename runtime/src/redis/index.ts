export { applicationPackage } from './application-package.ts'
export { connectRedis, type RedisConnection } from './connect-redis.ts'
