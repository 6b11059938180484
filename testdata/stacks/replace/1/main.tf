resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "main" {
  name              = "subnet"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
}
