import { asEmitted, openFixture, PEOPLE } from './sandbox-fixture.ts';
const fx=await openFixture(); const s=await fx.open({memoryMbMax:Number(process.argv[2]??512)});
const job=(a:string)=>({id:'x',analyst:a,tables:[PEOPLE],deadlineMs:30000});
const fin=[{name:'released_0',data:{columns:[{name:'a',type:{kind:'integer'} as const},{name:'n',type:{kind:'integer'} as const}],values:[[1n,2n,3n,4n,5n,6n,7n],[1n,2n,3n,4n,5n,6n,7n]],rowCount:7}}];
const one=(a:string)=>s.run(job(a),async x=>{await x.query(asEmitted('SELECT dept AS c0, count(*) AS c1, count(DISTINCT id) AS c2, sum(id) AS c3 FROM "people@1" GROUP BY dept')); await x.finish(fin,asEmitted('SELECT c0 AS dept, c1 AS n FROM released_0 ORDER BY n DESC'));});
for (const a of ['a','b','c','d']) await one(a);
const t=performance.now(); const N=2000; let done=0; const cpu=process.cpuUsage();
await Promise.all(['a','b','c','d'].map(async a=>{ while(done<N){done++; await one(a);} }));
const ms=performance.now()-t; const u=process.cpuUsage(cpu); console.log('jobs/s',(N/ms*1000).toFixed(0),'gateway cpu us/job',((u.user+u.system)/N).toFixed(0));
const t1=performance.now(); for(let i=0;i<200;i++) await one('a'); console.log('one at a time ms/job',((performance.now()-t1)/200).toFixed(2));
const t2=performance.now(); for(let i=0;i<300;i++) await s.parse('SELECT dept, count(*) FROM people GROUP BY dept' as never); console.log('parse ms',((performance.now()-t2)/300).toFixed(3));
for (const sql of ["SELECT i AS a, i*2 AS b, i*1.5 AS c, 'text-'||i AS d, DATE '2024-01-01' + (i%1000)::INT AS e FROM range(50000) t(i)","SELECT i FROM range(2000000) t(i)","SELECT 'text-'||i FROM range(1500000) t(i)", "SELECT i FROM range(2000001) t(i)"]) { const t=performance.now(); const r=await s.run(job('a'),x=>x.query(asEmitted(sql))).catch(e=>e); console.log(sql.slice(0,40), r.rowCount??r.code, (performance.now()-t).toFixed(0)); }
console.log(process.memoryUsage().rss/1e6);
await fx.close();
