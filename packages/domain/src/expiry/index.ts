export { noticeExpiries, type ExpiryNotice, type NoticeExpiries } from './notice-expiries.ts'
export { stepsReached, type Expiring } from './steps.ts'
