from ingest.command import main

raise SystemExit(main())
