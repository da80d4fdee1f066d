-- Grain: one row per table_name and column_name of the raw contract.
-- Why: whoever has to mend a value reads what is wanted there, in the contract's own words.
{{ contract_columns() }}
