global using ObjectOS.Versions;
