from ui.cli.ingest import main

raise SystemExit(main())
