CREATE TABLE IF NOT EXISTS "__EFMigrationsHistory" (
    "MigrationId" TEXT NOT NULL CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY,
    "ProductVersion" TEXT NOT NULL
);

BEGIN TRANSACTION;
CREATE TABLE symbol (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL);
CREATE UNIQUE INDEX symbol_text ON symbol (kind, text);

-- One row a resource; vid is its current version.
CREATE TABLE resource (
    rid INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, deleted INTEGER NOT NULL, vid INTEGER NOT NULL, last_updated INTEGER NOT NULL);
CREATE UNIQUE INDEX resource_id ON resource (tenant, type, id);
CREATE INDEX resource_live ON resource (tenant, type, deleted, rid);
CREATE INDEX resource_updated ON resource (tenant, type, deleted, last_updated, rid);

-- One row a version, never changed: the bytes as they came, with id and meta in their place.
CREATE TABLE resource_version (
    vid INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, rid INTEGER NOT NULL, version INTEGER NOT NULL,
    last_updated INTEGER NOT NULL, deleted INTEGER NOT NULL, method INTEGER NOT NULL, json BLOB NOT NULL);
CREATE UNIQUE INDEX resource_version_of ON resource_version (rid, version);
CREATE INDEX resource_version_of_type ON resource_version (tenant, type, vid);
CREATE INDEX resource_version_of_tenant ON resource_version (tenant, vid);

CREATE TABLE index_token (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, code TEXT NOT NULL, system INTEGER NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, code, system, rid)) WITHOUT ROWID;
CREATE INDEX index_token_rid ON index_token (rid, param, code, system);

CREATE TABLE index_string (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, folded TEXT NOT NULL, exact TEXT NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, folded, exact, rid)) WITHOUT ROWID;
CREATE INDEX index_string_rid ON index_string (rid, param, folded);

CREATE TABLE index_date (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, low, high, rid)) WITHOUT ROWID;
CREATE INDEX index_date_high ON index_date (tenant, type, param, high, low, rid);
CREATE INDEX index_date_rid ON index_date (rid, param, low, high);

-- target_type 0: target_id is an absolute URL.
CREATE TABLE index_reference (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, target_id TEXT NOT NULL, target_type INTEGER NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, target_id, target_type, rid)) WITHOUT ROWID;
CREATE INDEX index_reference_rid ON index_reference (rid, param, target_id, target_type);

CREATE TABLE index_uri (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, value TEXT NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, value, rid)) WITHOUT ROWID;
CREATE INDEX index_uri_rid ON index_uri (rid, param, value);

-- Numbers too: with system 0 and no code.
CREATE TABLE index_quantity (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    system INTEGER NOT NULL, code TEXT NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, low, high, system, code, rid)) WITHOUT ROWID;
CREATE INDEX index_quantity_rid ON index_quantity (rid, param, low, high);

-- Identity traits and the like, hashed.
CREATE TABLE lookup (
    tenant INTEGER NOT NULL, kind INTEGER NOT NULL, hash BLOB NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, hash, rid)) WITHOUT ROWID;
CREATE INDEX lookup_rid ON lookup (rid);

CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, tenant INTEGER NOT NULL, source INTEGER NOT NULL, channel TEXT NOT NULL,
    client TEXT NOT NULL, content_type TEXT NOT NULL, key TEXT, first_hash BLOB, state TEXT NOT NULL, received_at INTEGER NOT NULL,
    settled_at INTEGER, attempts INTEGER NOT NULL, duplicate_of TEXT, parent TEXT, line INTEGER, answer BLOB NOT NULL DEFAULT x'',
    patient TEXT, signalement TEXT, tracking TEXT, map TEXT, size INTEGER NOT NULL, raw BLOB NOT NULL, is_compressed INTEGER NOT NULL);
CREATE UNIQUE INDEX message_id ON message (id);
-- Invariant: one message is the first of its source, business key and content.
CREATE UNIQUE INDEX message_first ON message (tenant, source, first_hash) WHERE first_hash IS NOT NULL;
CREATE INDEX message_of_tenant ON message (tenant, seq);
CREATE INDEX message_of_source ON message (tenant, source, seq);
CREATE INDEX message_in_state ON message (tenant, state, seq);
CREATE INDEX message_unsettled ON message (seq) WHERE state = 'received';
CREATE INDEX message_key ON message (tenant, key, seq) WHERE key IS NOT NULL;
CREATE INDEX message_patient ON message (tenant, patient, seq) WHERE patient IS NOT NULL;
CREATE INDEX message_parent ON message (tenant, parent, seq) WHERE parent IS NOT NULL;
CREATE INDEX message_tracking ON message (tenant, tracking) WHERE tracking IS NOT NULL;

CREATE TABLE lineage (
    tenant INTEGER NOT NULL, message TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (tenant, message, reference)) WITHOUT ROWID;
CREATE INDEX lineage_reference ON lineage (tenant, reference);

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, tenant INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    target TEXT NOT NULL, payload BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, done_at INTEGER, lease_owner TEXT, lease_until INTEGER, last_error TEXT);
CREATE UNIQUE INDEX outbox_id ON outbox (id);
CREATE INDEX outbox_due ON outbox (due_at, seq) WHERE state = 'due';
CREATE INDEX outbox_in_state ON outbox (tenant, state, seq);
CREATE INDEX outbox_subject ON outbox (tenant, subject, target, seq) WHERE state = 'due';

CREATE TABLE "assertion" (
    "Issuer" TEXT NOT NULL,
    "Jti" TEXT NOT NULL,
    "ExpiresAt" INTEGER NOT NULL,
    CONSTRAINT "PK_assertion" PRIMARY KEY ("Issuer", "Jti")
);

CREATE TABLE "client" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_client" PRIMARY KEY,
    "Tenant" TEXT NOT NULL,
    "IsEnabled" INTEGER NOT NULL,
    "Json" TEXT NOT NULL,
    "ChangedAt" INTEGER NOT NULL
);

CREATE TABLE "job_run" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_job_run" PRIMARY KEY,
    "Tenant" TEXT NOT NULL,
    "Job" TEXT NOT NULL,
    "Subject" TEXT NOT NULL,
    "Outcome" TEXT NOT NULL,
    "Detail" TEXT NOT NULL,
    "StartedAt" INTEGER NOT NULL,
    "FinishedAt" INTEGER NULL
);

CREATE TABLE "sequence" (
    "Tenant" TEXT NOT NULL,
    "Name" TEXT NOT NULL,
    "Value" INTEGER NOT NULL,
    CONSTRAINT "PK_sequence" PRIMARY KEY ("Tenant", "Name")
);

CREATE TABLE "session" (
    "Hash" TEXT NOT NULL CONSTRAINT "PK_session" PRIMARY KEY,
    "Tenant" TEXT NOT NULL,
    "Person" TEXT NOT NULL,
    "Role" TEXT NOT NULL,
    "Json" TEXT NOT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "SeenAt" INTEGER NOT NULL,
    "ExpiresAt" INTEGER NOT NULL
);

CREATE TABLE "setting" (
    "Tenant" TEXT NOT NULL,
    "Name" TEXT NOT NULL,
    "Json" TEXT NOT NULL,
    "ChangedAt" INTEGER NOT NULL,
    CONSTRAINT "PK_setting" PRIMARY KEY ("Tenant", "Name")
);

CREATE TABLE "token" (
    "Hash" TEXT NOT NULL CONSTRAINT "PK_token" PRIMARY KEY,
    "ClientId" TEXT NOT NULL,
    "Tenant" TEXT NOT NULL,
    "Scope" TEXT NOT NULL,
    "IssuedAt" INTEGER NOT NULL,
    "ExpiresAt" INTEGER NOT NULL
);

CREATE INDEX "IX_assertion_ExpiresAt" ON "assertion" ("ExpiresAt");

CREATE INDEX "IX_job_run_Tenant_Job_StartedAt" ON "job_run" ("Tenant", "Job", "StartedAt");

CREATE INDEX "IX_session_ExpiresAt" ON "session" ("ExpiresAt");

CREATE INDEX "IX_token_ClientId" ON "token" ("ClientId");

CREATE INDEX "IX_token_ExpiresAt" ON "token" ("ExpiresAt");

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122023826_Initial', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE TABLE index_composite (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, code TEXT NOT NULL, system INTEGER NOT NULL,
    code2 TEXT NOT NULL, system2 INTEGER NOT NULL, low NUMERIC NOT NULL, high NUMERIC NOT NULL, rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, param, code, system, code2, system2, low, high, rid)) WITHOUT ROWID;
CREATE INDEX index_composite_rid ON index_composite (rid, param, code);

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122032558_Composites', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE TABLE feed (tenant INTEGER NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (tenant, name)) WITHOUT ROWID;

CREATE TABLE feed_event (
    tenant INTEGER NOT NULL, feed TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, type INTEGER NOT NULL,
    id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (tenant, feed, number)) WITHOUT ROWID;

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122051500_Feeds', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE TABLE kept_answer (
    tenant INTEGER NOT NULL, scope BLOB NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL, answer BLOB NOT NULL,
    PRIMARY KEY (tenant, scope)) WITHOUT ROWID;
CREATE INDEX kept_answer_at ON kept_answer (at);

CREATE TABLE deferred_request (
    id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER,
    request BLOB NOT NULL, answer BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX deferred_request_created ON deferred_request (created_at);

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122082600_KeptAnswers', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE TABLE store_fact (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

DROP INDEX message_of_tenant;
DROP INDEX message_of_source;
DROP INDEX message_in_state;
CREATE INDEX message_of_tenant ON message (tenant, received_at, seq);
CREATE INDEX message_of_source ON message (tenant, source, received_at, seq);
CREATE INDEX message_in_state ON message (tenant, state, received_at, seq);
CREATE INDEX outbox_of_subject ON outbox (tenant, subject, seq);

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122113900_JournalKeys', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE INDEX outbox_target ON outbox (target, due_at, seq) WHERE state = 'due';
DROP INDEX outbox_due;

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122121500_OutboxByTarget', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE INDEX message_repetition ON message (tenant, duplicate_of) WHERE duplicate_of IS NOT NULL;

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122144000_Repetitions', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE INDEX message_of_client ON message (tenant, client, received_at, seq);

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122181500_MessagesOfClient', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE TABLE lookup_note (rid INTEGER PRIMARY KEY, keys TEXT NOT NULL);
INSERT INTO lookup_note (rid, keys) SELECT rid, group_concat(kind || ':' || hex(hash), ' ') FROM lookup GROUP BY rid;
DROP INDEX lookup_rid;
DROP INDEX index_date_high;

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122182000_KeyNotes', '10.0.14');

COMMIT;

BEGIN TRANSACTION;
CREATE TABLE lookup_settled (rid INTEGER NOT NULL);
INSERT INTO lookup_settled (rid) SELECT coalesce(max(rid), 0) FROM resource;

INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion")
VALUES ('20261122215500_SettledKeys', '10.0.14');

COMMIT;

