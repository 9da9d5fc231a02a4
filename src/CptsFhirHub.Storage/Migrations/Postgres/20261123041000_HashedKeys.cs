using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CptsFhirHub.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class HashedKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.HashKeys);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.SortKeys);
        }
    }
}
