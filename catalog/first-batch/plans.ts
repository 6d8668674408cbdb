export interface SeedPlan {readonly id:string}
export interface SampleQuestion {readonly id:string}
export const seedPlans: readonly SeedPlan[]=[]; export const sampleQuestions: readonly SampleQuestion[]=[];
