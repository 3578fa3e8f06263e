export { Admission, type AdmissionLimits, type Release, type Turn } from './admission.ts'
