-- Grain: one row per table_name and column_name of the raw contract.
-- Why: whoever has to correct a value reads what the contract expects there.
{{ contract_columns() }}
