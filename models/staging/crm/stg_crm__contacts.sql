-- Grain: one row per contact_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'contacts', ref('base_crm__contacts')) }}

),

final as (

    select
        contact_id,
        account_id,
        contact_role,
        added_on,
        left_on

    from accepted_rows

)

select * from final
