Feature: What may be deployed

  Scenario: A network has an owner
    Given I have tencentcloud_vpc defined
    Then it must contain tags
    And it must contain owner

  Scenario: A machine has no public address
    Given I have tencentcloud_instance defined
    Then it must contain allocate_public_ip
    And its value must be false

  Scenario: A subnet is in a network
    Given I have tencentcloud_subnet defined
    Then it must contain vpc_id

  Scenario: A machine is in a network
    Given I have tencentcloud_instance defined
    Then it must contain vpc_id
