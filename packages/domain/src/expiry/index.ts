export { noticeExpiries, type ExpiryNotice, type NoticeExpiries } from './notice-expiries.ts'
export type { Expiring } from './steps.ts'
