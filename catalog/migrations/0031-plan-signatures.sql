-- Agreements over plans are signed with the parties' keys: compact JWS. One that was signed before there were any counts no more.
ALTER TABLE plan_agreements ADD COLUMN developer_jws TEXT;
ALTER TABLE plan_agreements ADD COLUMN operator_jws TEXT;
