import GRDB

/// The database's schema, as steps that are each applied once. A step that was released is never changed.
enum StoreMigrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-tasks") { try $0.execute(sql: tasks) }
        migrator.registerMigration("1-ledger") { try $0.execute(sql: ledger) }
        migrator.registerMigration("1-updates") { try $0.execute(sql: updates) }
        migrator.registerMigration("1-registry") { try $0.execute(sql: registry) }
        migrator.registerMigration("2-drift") { try $0.execute(sql: drift) }
        migrator.registerMigration("2-reports") { try $0.execute(sql: reports) }
        migrator.registerMigration("2-analytic") { try $0.execute(sql: analytic) }
        migrator.registerMigration("3-quarantine") { try $0.execute(sql: quarantine) }
        migrator.registerMigration("4-sharing") { try $0.execute(sql: sharing) }
        migrator.registerMigration("5-origin") { try $0.execute(sql: origin) }
        migrator.registerMigration("6-polling") { try $0.execute(sql: polling) }
        return migrator
    }

    /// `label.examples` and `label.held_out` count the label's examples that are not superseded; they spare the
    /// append path a count, and every dashboard a scan.
    private static let tasks = """
        CREATE TABLE task (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            description TEXT,
            policy TEXT NOT NULL,
            experiences INTEGER NOT NULL DEFAULT 0,
            last_version INTEGER NOT NULL DEFAULT 0,
            created_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE label (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL REFERENCES task,
            name TEXT NOT NULL,
            declared INTEGER,
            examples INTEGER NOT NULL DEFAULT 0,
            held_out INTEGER NOT NULL DEFAULT 0,
            UNIQUE (task, name)
        ) STRICT;
        """

    /// `example.label` names a row of `label` without a foreign key: its check on deletion would scan the ledger.
    /// `trained` says that the text was trained on, under this label or an earlier one: it cannot be held out any more.
    private static let ledger = """
        CREATE TABLE example (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL REFERENCES task,
            label INTEGER NOT NULL,
            state INTEGER NOT NULL,
            held_out INTEGER NOT NULL,
            trained INTEGER NOT NULL DEFAULT 0,
            rejections INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0,
            update_number INTEGER,
            experience INTEGER,
            arrived_at REAL NOT NULL,
            text_hash BLOB NOT NULL,
            id_hash BLOB,
            id TEXT,
            source TEXT,
            timestamp REAL,
            text TEXT
        ) STRICT;

        CREATE UNIQUE INDEX example_text ON example (task, text_hash) WHERE state <> 4;
        CREATE UNIQUE INDEX example_id ON example (task, id_hash) WHERE state <> 4 AND id_hash IS NOT NULL;
        CREATE INDEX example_superseded ON example (task, text_hash) WHERE state = 4;
        CREATE INDEX example_open ON example (task, state, held_out, rejections, failures, label)
            WHERE state IN (0, 3);
        CREATE INDEX example_held ON example (update_number) WHERE state IN (1, 4);
        CREATE INDEX example_slice ON example (task, experience, label) WHERE state = 5;

        CREATE TABLE idempotency (
            task INTEGER NOT NULL REFERENCES task,
            key TEXT NOT NULL,
            body_digest BLOB NOT NULL,
            answer TEXT NOT NULL,
            created_at REAL NOT NULL,
            PRIMARY KEY (task, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_age ON idempotency (created_at);
        """

    /// `replay`, `removals_through`, `parent` and the range are set when an update is first claimed.
    private static let updates = """
        CREATE TABLE update_run (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            task INTEGER NOT NULL REFERENCES task,
            status TEXT NOT NULL,
            trigger TEXT NOT NULL,
            experience INTEGER NOT NULL,
            new_examples INTEGER NOT NULL DEFAULT 0,
            replayed_examples INTEGER NOT NULL DEFAULT 0,
            progress REAL NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL DEFAULT 0,
            parent INTEGER,
            replay INTEGER,
            removals_through INTEGER,
            version INTEGER,
            digest TEXT,
            verdict TEXT,
            error TEXT,
            created_at REAL NOT NULL,
            started_at REAL,
            finished_at REAL
        ) STRICT;
        CREATE INDEX update_task ON update_run (task, number);
        CREATE INDEX update_status ON update_run (task, status);
        CREATE INDEX update_active ON update_run (status) WHERE status IN ('queued', 'training', 'evaluating');
        """

    /// The analytic head of a version: its file's digest, and the rest of it as JSON.
    private static let analytic = """
        ALTER TABLE version ADD COLUMN analytic_digest TEXT;
        ALTER TABLE version ADD COLUMN analytic TEXT;
        CREATE INDEX version_analytic ON version (analytic_digest) WHERE analytic_digest IS NOT NULL;
        """

    /// `alias_move` is the stack of versions that served; a rollback marks its top as undone.
    private static let registry = """
        CREATE TABLE replay_generation (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL REFERENCES task,
            digest TEXT NOT NULL,
            examples INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            removals_through INTEGER NOT NULL,
            created_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE replay_removal (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL REFERENCES task,
            text_hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX replay_removal_task ON replay_removal (task, id);

        CREATE TABLE version (
            task INTEGER NOT NULL REFERENCES task,
            number INTEGER NOT NULL,
            digest TEXT NOT NULL,
            state TEXT NOT NULL,
            parent INTEGER,
            update_id TEXT,
            metrics TEXT NOT NULL,
            replay INTEGER REFERENCES replay_generation,
            created_at REAL NOT NULL,
            PRIMARY KEY (task, number)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX version_champion ON version (task) WHERE state = 'champion';
        CREATE INDEX version_digest ON version (digest);

        CREATE TABLE alias_move (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL REFERENCES task,
            version INTEGER NOT NULL,
            cause TEXT NOT NULL,
            moved_at REAL NOT NULL,
            undone_at REAL
        ) STRICT;
        CREATE INDEX alias_move_task ON alias_move (task, id);

        CREATE TABLE evaluation (
            task INTEGER NOT NULL REFERENCES task,
            version INTEGER NOT NULL,
            experience INTEGER NOT NULL,
            correct INTEGER NOT NULL,
            total INTEGER NOT NULL,
            PRIMARY KEY (task, version, experience)
        ) STRICT, WITHOUT ROWID;
        """

    /// `drift.state` is what drift is measured by, `report` what was last judged; neither holds text. `replay_factor`
    /// raises the replay share of updates that begin while a drift lasts; an update keeps the one it began with.
    private static let drift = """
        CREATE TABLE drift (
            task INTEGER PRIMARY KEY REFERENCES task,
            state BLOB NOT NULL,
            report TEXT NOT NULL,
            replay_factor REAL NOT NULL DEFAULT 1,
            saved_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE drift_event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL REFERENCES task,
            event TEXT NOT NULL
        ) STRICT;
        CREATE INDEX drift_event_task ON drift_event (task, id);

        CREATE TABLE drift_cursor (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL
        ) STRICT;

        ALTER TABLE update_run ADD COLUMN replay_factor REAL;
        """

    /// What screens and reports show in detail. All of it goes with the version, the update or the replay memory it
    /// belongs to. `answer.example` and `answer.label` carry no foreign key, as `example.label` does not.
    private static let reports = """
        CREATE TABLE answer (
            task INTEGER NOT NULL,
            version INTEGER NOT NULL,
            example INTEGER NOT NULL,
            label INTEGER NOT NULL,
            score REAL NOT NULL,
            PRIMARY KEY (task, version, example),
            FOREIGN KEY (task, version) REFERENCES version (task, number) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE training_curve (
            number INTEGER PRIMARY KEY REFERENCES update_run ON DELETE CASCADE,
            curve TEXT NOT NULL
        ) STRICT;

        CREATE TABLE replay_detail (
            generation INTEGER PRIMARY KEY REFERENCES replay_generation ON DELETE CASCADE,
            composition TEXT NOT NULL,
            rehearsals TEXT NOT NULL
        ) STRICT;
        """

    /// `example.vetted` says that the example was found good, by an update or a reviewer, and is not doubted again.
    /// A row of `quarantine` outlives its decision (`released` or `dropped`) to be counted.
    private static let quarantine = """
        ALTER TABLE example ADD COLUMN vetted INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE update_run ADD COLUMN quarantined_examples INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX example_doubted ON example (task, state) WHERE state IN (6, 7);

        CREATE TABLE quarantine (
            sequence INTEGER PRIMARY KEY,
            task INTEGER NOT NULL REFERENCES task,
            update_id TEXT NOT NULL,
            suspicion TEXT NOT NULL,
            outcome TEXT,
            since REAL NOT NULL
        ) STRICT;
        CREATE INDEX quarantine_task ON quarantine (task, outcome);
        """

    /// `task.adapter` is the name of the adapter that tasks share. The updates of tasks that learn together are one row a
    /// task: `update_run.lead` is the number of the one that was asked for, `NULL` in that one itself.
    private static let sharing = """
        ALTER TABLE task ADD COLUMN adapter TEXT;
        CREATE INDEX task_adapter ON task (adapter) WHERE adapter IS NOT NULL;
        ALTER TABLE update_run ADD COLUMN lead INTEGER;
        CREATE INDEX update_lead ON update_run (lead) WHERE lead IS NOT NULL;
        """

    /// One row: when the database was begun, in seconds since 1970. One of before is as old as its oldest task.
    private static let origin = """
        CREATE TABLE origin (begun_at REAL NOT NULL) STRICT;
        INSERT INTO origin SELECT coalesce(min(created_at), (julianday('now') - 2440587.5) * 86400.0) FROM task;
        """

    /// For what is asked over and over, and would otherwise be looked for in the whole history. `example_withdrawn` is
    /// by task and sequence number, in which every index ends; with the state in it, SQLite would use it for lookups by
    /// hash, too.
    private static let polling = """
        CREATE INDEX example_withdrawn ON example (task) WHERE state = 4;
        CREATE INDEX update_finished ON update_run (finished_at) WHERE finished_at IS NOT NULL;
        """
}
