using CptsFhirHub.Cli;

return HubCommand.Run(args, Console.Out, Console.Error);
